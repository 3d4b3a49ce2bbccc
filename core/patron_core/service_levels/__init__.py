"""Grades of service and who has which."""
