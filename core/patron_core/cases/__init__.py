"""Complaints and requests, and their clocks."""
