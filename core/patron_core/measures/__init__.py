"""Figures of the business: indicators, scorecards, programmes."""
