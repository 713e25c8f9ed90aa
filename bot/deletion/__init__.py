"""Deletion itself: manifest, request, policy, job."""
