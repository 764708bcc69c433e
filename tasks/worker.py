"""The timetable of the product: functions and cron times, nothing else."""

from typing import Any

from arq import cron, func
from arq.connections import RedisSettings
from arq.cron import CronJob
from arq.worker import Function

from app.ops.worker import HEARTBEAT
from app.sources.base import Rhythm
from tasks.clock import turn_of_the_clock
from tasks.due import find_due
from tasks.inactivity import NET, check_inactivity
from tasks.posts import track_posts
from tasks.snapshots import take_snapshots
from tasks.stories import archive_stories
from tasks.tidy import tidy
from tasks.walls import watch_walls

Job = dict[str, Any]


def timetable(rhythm: Rhythm) -> tuple[list[Function], list[CronJob]]:
    # A job ends before the lease of its profiles does: whoever claims them next is alone with them.
    limit = rhythm.lease.total_seconds() * 0.9
    functions = [
        # Never repeated by arq: the lease brings the profile back, and a second try could pay for a second run.
        func(archive_stories, timeout=limit, max_tries=1, keep_result=0),
        func(track_posts, timeout=limit, max_tries=1, keep_result=0),
        # After a recovery.
        func(check_inactivity, name=NET, timeout=3600, keep_result=0),
    ]
    # The demo's accounts are looked at every few seconds, real ones are due some time within a minute.
    is_quick = rhythm.stories_every.total_seconds() < 60
    looks = set(range(0, 60, 2)) if is_quick else {0}
    crons = [
        cron(find_due, second=looks, keep_result=0),
        # Every team's midnight falls on a minute; snoozes end, and incidents begin and end.
        cron(turn_of_the_clock, second=0, keep_result=0),
        # Each good check judges its clients itself; this is the net below them.
        cron(check_inactivity, hour=6, minute=0, second=20, timeout=3600, keep_result=0),
        # Beside the turn of the clock, which has enough to do on the minute.
        cron(watch_walls, second=20, keep_result=0),
        # Post checks take the snapshot of their day themselves; this is the net below them.
        cron(take_snapshots, hour=0, minute=7, second=15, keep_result=0),
        # Checks are kept for 90 days; the demo's many are thinned out.
        cron(tidy, minute=set(range(0, 60, 10)), second=30, keep_result=0),
    ]
    return functions, crons


def worker_options(redis_url: str, rhythm: Rhythm) -> dict[str, Any]:
    functions, crons = timetable(rhythm)
    return {
        "functions": functions,
        "cron_jobs": crons,
        "redis_settings": RedisSettings.from_dsn(redis_url),
        "max_jobs": 10,
        "poll_delay": 0.25,
        "health_check_interval": HEARTBEAT.total_seconds(),
        "handle_signals": False,
        "job_completion_wait": 0,
    }
