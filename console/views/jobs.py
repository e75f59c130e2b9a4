"""Jobs: imports, exports, batch jobs and data deletions, with what to do about a failure."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from console import jobs
from console.page import NotFoundError, Page, url, view
from console.resources import PAGE
from console.views.solutions import busy

MAX_DIGITS = 6
"""The digits of a number in an address."""


@view
def all_jobs(page: Page) -> Response:
    """The newest jobs of a dataset group."""
    found = jobs.listed(page.api, page.group_arn)
    wanted = page.asked("type")
    kept = [job for job in found if not wanted or job["type"].key == wanted]
    given = page.asked("from", "0")
    first = int(given) if given.isdecimal() and len(given) <= MAX_DIGITS else 0
    return page.render(
        "jobs.html",
        section="jobs",
        jobs=kept[first : first + PAGE],
        next_from=first + PAGE if len(kept) > first + PAGE else None,
        types=jobs.TYPES,
        wanted=wanted,
        remedy=jobs.remedy,
        live=any(busy(job["status"]) for job in kept),
    )


@view
def job(page: Page) -> Response:
    """One job, and the first lines of its output."""
    job_type = jobs.TYPES.get(page.named("type"))
    if job_type is None:
        raise NotFoundError(f"There is no type of jobs {page.named('type')}.")
    name = page.named("name")
    if job_type.key == "import":
        return RedirectResponse(url(page.group, f"imports/{name}"), 307)
    found = jobs.described(page.api, job_type, page.target.arn(f"{job_type.arn_segment}/{name}"))
    batch = job_type.key in ("batch", "segment")
    return page.render(
        "job.html",
        section="jobs",
        job=found,
        type=job_type,
        remedy=jobs.remedy(found.get("failureReason", "")),
        result=jobs.result(page.api, found) if batch else None,
        live=busy(found["status"]),
    )


ROUTES = [
    ("GET", "/groups/{group}/jobs", all_jobs),
    ("GET", "/groups/{group}/jobs/{type}/{name}", job),
]
