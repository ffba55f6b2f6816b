"""The queue, its jobs and the schedules, for who looks after the server."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.admin import service_job_acts, service_jobs, service_schedules
from server.admin.schemas_jobs import (
    JobCount,
    JobFilter,
    JobOut,
    JobPage,
    JobsActed,
    JobsActIn,
    JobsQuery,
    QueuePage,
    ScheduleOut,
    SchedulePage,
)
from server.lib.clock import utc_now
from server.lib.http import errors
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

admin_queues = Blueprint("admin_queues", __name__, url_prefix="/api/admin/queues")
admin_jobs = Blueprint("admin_jobs", __name__, url_prefix="/api/admin/jobs")
admin_schedules = Blueprint("admin_schedules", __name__, url_prefix="/api/admin/schedules")
for blueprint in (admin_queues, admin_jobs, admin_schedules):
    tag_blueprint(blueprint, ["admin"])

# What ends cannot be brought back by us.
ends_jobs = requires(Permission.ADMIN_WRITE, step_up=True)


@admin_queues.get("")
@requires(Permission.ADMIN_READ)
@validate_response(QueuePage)
async def list_queues() -> QueuePage:
    """Count what waits, runs and failed, and list the workers."""
    return QueuePage(items=[await service_jobs.get_queue()])


@admin_jobs.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(JobsQuery)
@validate_response(JobPage)
async def list_jobs(query_args: JobsQuery) -> JobPage:
    """List jobs of one state: failed ones newest first, others as they will run."""
    return await service_jobs.list_jobs(query_args)


@admin_jobs.get("/count")
@requires(Permission.ADMIN_READ)
@validate_querystring(JobFilter)
@validate_response(JobCount)
async def count_jobs(query_args: JobFilter) -> JobCount:
    """Count what a filter finds: the preview of an act on it."""
    return await service_jobs.count_jobs(query_args)


@admin_jobs.get("/<job_id>")
@requires(Permission.ADMIN_READ)
@validate_response(JobOut)
async def get_job(job_id: str) -> JobOut:
    """Show one job: by its key, or a failed one by its id."""
    return await service_jobs.get_job(job_id)


@admin_jobs.post("/<job_id>/retry")
@requires(Permission.ADMIN_WRITE)
@validate_response(JobOut)
@errors(409)
async def retry_job(job_id: str) -> JobOut:
    """Let a failed job run again."""
    return await service_job_acts.retry_one(job_id, actor_id=current_scope().user_id, now=utc_now())


@admin_jobs.post("/<job_id>/abort")
@ends_jobs
@validate_response(JobsActed)
async def abort_job(job_id: str) -> JobsActed:
    """Take a job out of the queue, or stop it where it runs; its rows may bring it back."""
    return await service_job_acts.abort_one(job_id, actor_id=current_scope().user_id, now=utc_now())


@admin_jobs.post("/<job_id>/forget")
@ends_jobs
@validate_response(JobsActed)
async def forget_job(job_id: str) -> JobsActed:
    """Settle a failed job without another try."""
    return await service_job_acts.forget_one(
        job_id, actor_id=current_scope().user_id, now=utc_now()
    )


@admin_jobs.post("/all/retry")
@requires(Permission.ADMIN_WRITE)
@validate_request(JobsActIn)
@validate_response(JobsActed, 202)
@errors(409)
async def retry_jobs(data: JobsActIn) -> tuple[JobsActed, int]:
    """Let all failed jobs of a filter run again; the worker queues them one after another."""
    return await service_job_acts.retry(data, actor_id=current_scope().user_id, now=utc_now()), 202


@admin_jobs.post("/all/abort")
@ends_jobs
@validate_request(JobsActIn)
@validate_response(JobsActed)
@errors(409)
async def abort_jobs(data: JobsActIn) -> JobsActed:
    """Take jobs of a filter out of the queue: no more than 5,000 in one call."""
    return await service_job_acts.abort(data, actor_id=current_scope().user_id, now=utc_now())


@admin_jobs.post("/all/forget")
@ends_jobs
@validate_request(JobsActIn)
@validate_response(JobsActed)
@errors(409)
async def forget_jobs(data: JobsActIn) -> JobsActed:
    """Settle all failed jobs of a filter without another try."""
    return await service_job_acts.forget(data, actor_id=current_scope().user_id, now=utc_now())


@admin_schedules.get("")
@requires(Permission.ADMIN_READ)
@validate_response(SchedulePage)
async def list_schedules() -> SchedulePage:
    """List what runs by itself, and when it last did."""
    return await service_schedules.list_schedules(now=utc_now())


@admin_schedules.post("/<schedule_name>/run")
@requires(Permission.ADMIN_WRITE)
@validate_response(ScheduleOut, 202)
async def run_schedule(schedule_name: str) -> tuple[ScheduleOut, int]:
    """Start a schedule now."""
    started = await service_schedules.run(
        schedule_name, actor_id=current_scope().user_id, now=utc_now()
    )
    return started, 202
