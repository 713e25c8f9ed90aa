"""Migrations of the schema, run by the store when it opens."""
