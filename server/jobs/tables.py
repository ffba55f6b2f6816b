"""Schedules with heartbeats, and jobs that failed for good."""

from piccolo.columns import JSONB, Boolean, Integer, SmallInt, Text, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id


class Schedule(Table, tablename="schedules"):
    """A recurring job: expected interval, last start, last success."""

    id = primary_id()
    name = Varchar(length=60, help_text="The function's name.")
    cron = Varchar(length=60)
    interval_s = Integer(help_text="Longest normal time between two successes.")
    is_enabled = Boolean(default=True)
    last_started_at = instant(null=True)
    last_succeeded_at = instant(null=True)
    last_failed_at = instant(null=True)
    last_error_code = Varchar(length=60, null=True, default=None)
    created_at = instant()


class JobFailure(Table, tablename="job_failures"):
    """A job that used up its attempts; kept because Redis forgets it."""

    id = primary_id()
    function = Varchar(length=60)
    job_key = Varchar(length=200)
    payload = JSONB(help_text="Ids only.")
    attempts = SmallInt(default=0)
    error_code = Varchar(length=60)
    error = Text(help_text="The exception's class; never its text, which may quote data.")
    failed_at = instant()
    retry_asked_at = instant(null=True)
    resolved_at = instant(null=True)
