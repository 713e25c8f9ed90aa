"""Tests, one folder per kind: unit, integration, conformance, bench."""
