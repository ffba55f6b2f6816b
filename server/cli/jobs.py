"""`catchup jobs`, `queues` and `schedules`: what the worker does, and what it gave up."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from server.cli.session import echo_json, fail, json_option, run, sort_option

if TYPE_CHECKING:
    from server.admin.schemas_jobs import JobCount, JobOut, ScheduleOut

STATES = click.Choice(["failed", "queued", "scheduled", "running"])
state_option = click.option("--state", type=STATES, default="failed", show_default=True)
function_option = click.option("--function", help="Only runs of this function.")
error_option = click.option("--error", "error_code", help="Only those that failed so.")
part_option = click.option("--find", "q", help="Part of the key, or of an id that it works on.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def jobs() -> None:
    """Look at jobs; retry, abort or forget one, or all that a filter finds.

    \b
    Examples:
      catchup jobs list
      catchup jobs retry --function suggest_to_user
    """


@jobs.command("list")
@state_option
@function_option
@error_option
@part_option
@click.option(
    "--sort",
    type=click.Choice(["newest", "oldest", "function", "error"]),
    help="The order; function and error: of failed jobs.",
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
def list_(as_json: bool, **given: Any) -> None:
    """List jobs of one state: failed ones newest first, others as they will run. UTC.

    \b
    Examples:
      catchup jobs list --sort function
      catchup jobs list --state queued --json
    """
    from server.admin import service_jobs
    from server.admin.schemas_jobs import JobsQuery

    query = _checked(JobsQuery, given)
    found = run(lambda: service_jobs.list_jobs(query)).items
    if as_json:
        echo_json(found)
        return
    for job in found:
        click.echo(_line(job))
    if not found:
        click.echo(f"No {query.state} jobs.")


@jobs.command()
@click.argument("job_id", metavar="ID")
@json_option
def show(job_id: str, as_json: bool) -> None:
    """Show one job: by its key, or a failed one by its id.

    \b
    Example:
      catchup jobs show schedule:retention
    """
    from server.admin import service_jobs

    job = run(lambda: service_jobs.get_job(job_id))
    if as_json:
        echo_json(job)
        return
    click.echo(_line(job))
    for name, value in job.ids.items():
        click.echo(f"  {name:<16} {value}")


def _act(verb: str, says: str, example: str) -> click.Command:
    """Return the command for an act on one job, or on all of a filter."""

    @click.argument("job_id", metavar="[ID]", required=False)
    @state_option
    @function_option
    @error_option
    @part_option
    @yes_option
    @json_option
    def act(job_id: str | None, yes: bool, as_json: bool, **given: Any) -> None:
        from server.admin import service_job_acts, service_jobs
        from server.admin.schemas_jobs import JobFilter, JobsActIn
        from server.lib.clock import utc_now

        if job_id is not None:
            one = getattr(service_job_acts, f"{verb}_one")
            done = run(lambda: one(job_id, actor_id=None, now=utc_now()))
            echo_json(done) if as_json else click.echo("Done.")
            return
        wanted = _checked(JobFilter, given)
        found = run(lambda: service_jobs.count_jobs(wanted))
        if not found.jobs:
            fail(f"there are no such {wanted.state} jobs")
        if not yes:
            _preview(found)
            click.confirm(f"{says}?", abort=True)
        data = JobsActIn(**wanted.model_dump(), expected=found.jobs)
        all_of = getattr(service_job_acts, verb)
        acted = run(lambda: all_of(data, actor_id=None, now=utc_now()))
        echo_json(acted) if as_json else click.echo(f"{acted.jobs} jobs.")

    act.__doc__ = f"""{says}: one by its id, or all that the options find.

    \b
    Examples:
      catchup jobs {verb} 01934d6e-7a3b-7c11-9d0a-6f2f3f4f5a6b
      catchup jobs {verb} {example}
    """
    return click.command(verb)(act)


jobs.add_command(_act("retry", "Run failed jobs again", "--error TimeoutError"))
jobs.add_command(_act("forget", "Settle failed jobs without another try", "--function vacuum"))
jobs.add_command(
    _act("abort", "Take jobs out of the queue, and stop those that run", "--state queued --yes")
)


@click.group()
def queues() -> None:
    """See how much waits for the workers.

    \b
    Example:
      catchup queues list
    """


@queues.command("list")
@json_option
def list_queues(as_json: bool) -> None:
    """Count what waits, runs and failed, and list the workers.

    \b
    Example:
      catchup queues list --json
    """
    from server.admin import service_jobs

    queue = run(service_jobs.get_queue)
    if as_json:
        echo_json([queue])
        return
    oldest = f", the oldest since {queue.oldest_queued_at:%H:%M:%S}" if queue.queued else ""
    click.echo(f"{queue.name}: {queue.queued} queued{oldest or ''}, {queue.running} running,")
    click.echo(f"  {queue.scheduled} scheduled, {queue.failed} failed ({queue.retrying} retried)")
    for worker in queue.workers:
        click.echo(
            f"  worker {worker.id}: {worker.jobs_done} done, {worker.jobs_failed} failed"
            f" in {worker.uptime_s / 3600:.1f} h"
        )
    if not queue.workers:
        click.echo("  No worker runs: `catchup worker`, or look at its unit.")


@click.group()
def schedules() -> None:
    """See what runs by itself, and start it now.

    \b
    Examples:
      catchup schedules list
      catchup schedules run retention
    """


@schedules.command("list")
@sort_option("name", "next", "last")
@json_option
def list_schedules(sort: str, as_json: bool) -> None:
    """List schedules with their last and next runs; times are UTC.

    \b
    Example:
      catchup schedules list --json
    """
    from server.admin import service_schedules
    from server.lib.clock import utc_now

    found = run(lambda: service_schedules.list_schedules(now=utc_now())).items
    if sort != "name":
        found.sort(key=_when_next if sort == "next" else _when_last)
    if as_json:
        echo_json(found)
        return
    for one in found:
        click.echo(_schedule_line(one))
    if not found:
        click.echo("No worker has run yet: `catchup worker`, or `catchup up`.")


@schedules.command("run")
@click.argument("name")
@json_option
def run_schedule(name: str, as_json: bool) -> None:
    """Start a schedule now; while it waits or runs already, that run is it.

    \b
    Example:
      catchup schedules run generate_suggestions
    """
    from server.admin import service_schedules
    from server.lib.clock import utc_now

    started = run(lambda: service_schedules.run(name, actor_id=None, now=utc_now()))
    echo_json(started) if as_json else click.echo(f"{started.name} is queued.")


def _checked(shape: Any, given: dict[str, Any]) -> Any:
    from server.problems import field_errors

    try:
        return shape(**given)
    except ValidationError as error:
        fail(*(f"{one.field}: {one.message}" for one in field_errors(error)))


def _preview(found: "JobCount") -> None:
    for function, count in found.by_function.items():
        click.echo(f"  {count:>7}  {function}")
    if not found.is_complete:
        click.echo("  … and more that were not looked at")


def _line(job: "JobOut") -> str:
    at = job.failed_at or job.started_at or job.starts_at or job.queued_at
    when = f"{at:%Y-%m-%d %H:%M:%S}" if at else "-"
    why = f"  {job.error_code}" if job.error_code else ""
    again = "  (to be retried)" if job.is_retrying else ""
    return (
        f"{job.id}  {when}  {job.state:<9} {job.function}  {job.attempts}/{job.tries}{why}{again}"
    )


def _when_next(one: "ScheduleOut") -> datetime:
    return one.next_at


def _when_last(one: "ScheduleOut") -> datetime:
    return one.last_succeeded_at or datetime.min.replace(tzinfo=UTC)


def _schedule_line(one: "ScheduleOut") -> str:
    last = f"{one.last_succeeded_at:%Y-%m-%d %H:%M}" if one.last_succeeded_at else "never"
    late = "  LATE" if one.is_late else ""
    error = f"  {one.last_error_code}" if one.last_error_code else ""
    return (
        f"{one.name:<22} {one.cron:<14} last {last:<16}  next {one.next_at:%m-%d %H:%M}"
        f"{late}{error}"
    )
