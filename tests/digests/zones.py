"""Twelve zones with all that clocks do, and a year with both of its changes."""

from datetime import UTC, datetime

YEAR = datetime(2026, 1, 1, tzinfo=UTC)

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",  # its winter is the one that is saved
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Santiago",  # changes at midnight
    "Africa/Casablanca",  # goes back for Ramadan
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Auckland",
    "Pacific/Kiritimati",
)
