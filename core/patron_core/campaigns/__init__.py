"""Campaigns, who is in them and what they brought."""
