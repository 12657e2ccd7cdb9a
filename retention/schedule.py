"""Every timed job on one page: name, cadence and why. Fixed intervals only; wall-clock schedules are occurrence rows.

Ticking twice or late changes nothing: each task asks the rows what is due. Jobs that take stores from the doorbell board name their kinds
of work there: at their cadence one look asks for all of them, and only those with something due are handed to a worker.
"""

from typing import NamedTuple


class Job(NamedTuple):
    """One timed job: the Celery task's name, seconds between ticks, why it runs, and its kinds of `StoreWork` where it has any.

    is_shared: a store that one process serves still wants others, so it is handed out for these too.
    """

    task: str
    every_seconds: float
    why: str
    kinds: tuple[str, ...] = ()
    is_shared: bool = False

    @property
    def expires_seconds(self) -> float:
        """Return after how long a tick that nobody took is dropped."""
        return max(self.every_seconds, 5.0)


JOBS: tuple[Job, ...] = (
    Job("retention.notices.tasks.deliver", 1.0, "Mail the product owes someone leaves within seconds."),
    Job("retention.notices.tasks.tidy", 15.0, "A notice whose worker died is settled; secret links do not lie about."),
    Job("retention.stores.tasks.tidy", 3600.0, "Ended sessions and unanswered invitations do not pile up."),
    Job("retention.stores.tasks.verify_audits", 21_600.0, "Audit logs are read from their first entry; pages read only what was added."),
    Job("retention.intake.tasks.project", 0.5, "Stored events become customers, carts and orders.", ("project",)),
    Job("retention.signup.tasks.tidy", 3600.0, "Sign-ups that nobody confirmed run out, and leave after a month."),
    Job(
        "retention.customers.tasks.bring_in",
        1.0,
        "Files are read, compared and written in turns; those left for a month are let go.",
        ("import",),
    ),
    Job("retention.customers.tasks.make_exports", 2.0, "Large files stores asked for are made; those a week old are let go.", ("export",)),
    Job(
        "retention.customers.tasks.settle_erasures", 600.0, "An erasure whose process ended around its commit is noted as done or dropped."
    ),
    Job("retention.customers.tasks.let_events_go", 600.0, "Events older than a store keeps them leave, in small bites."),
    Job("retention.intake.tasks.sweep_keys", 600.0, "Keys of message ids leave after ninety days, in small bites."),
    Job("retention.intake.tasks.apply_deliveries", 0.5, "What a shop sent is carried out within a second.", ("shops",)),
    Job("retention.intake.tasks.sweep_deliveries", 3600.0, "What shops sent leaves after 30 days."),
    Job("retention.orders.tasks.note_idle", 0.5, "A basket left alone is noticed within seconds of its hour.", ("idle",)),
    Job("retention.rest.tasks.sweep_answers", 3600.0, "Kept answers of the API leave after two days."),
    Job("retention.webhooks.tasks.send", 0.5, "What happened is told to merchants' own addresses within seconds.", ("webhooks",)),
    Job("retention.webhooks.tasks.tidy", 3600.0, "What was told leaves after 30 days."),
    Job("segments.tasks.evaluate", 0.5, "Whoever did something enters and leaves segments soon after.", ("segments",)),
    Job("segments.tasks.fill", 0.5, "A new rule finds its people.", ("segment_fill",)),
    Job("segments.tasks.sweep", 5.0, "Windows move on: each store is swept every 15 s, and checked once a day.", ("segment_sweep",)),
    Job("campaigns.tasks.run_journeys", 0.5, "Idle moments and due steps are found and carried out.", ("journeys",)),
    Job(
        "campaigns.tasks.replay_journeys",
        1.0,
        "A replay of a draft over the last days goes on, a slice of people at a time.",
        ("journey_replay",),
    ),
    Job(
        "campaigns.tasks.run_recovery",
        1.0,
        "Who has been quiet for half an hour has left; the recovery plan decides what they get.",
        ("recovery", "recovery_past"),
    ),
    Job("campaigns.tasks.run_campaigns", 0.5, "Campaigns begin at their moment, find their people, and end.", ("campaigns",)),
    Job("campaigns.tasks.dispatch", 0.5, "Messages that are ready leave.", ("dispatch",), is_shared=True),
    Job("campaigns.tasks.watch", 5.0, "Too many complaints or bounces stop a campaign within seconds of their report.", ("breaker",)),
    Job(
        "campaigns.tasks.look_at_hosts",
        30.0,
        "Merchants' hosts of links are looked at every six hours; a broken one is not used.",
        ("link_hosts",),
    ),
    Job(
        "campaigns.tasks.recount_credits",
        1.0,
        "Orders are credited anew when a store changes how long after a click they are.",
        ("credits",),
    ),
    Job(
        "campaigns.tasks.count_contacts",
        2.0,
        "What people got is counted when somebody looks, and once a day what messages are worth.",
        ("contacts",),
    ),
    Job("campaigns.tasks.let_go", 3600.0, "Clicks, openings and what has had its use leave in small bites; reports keep their figures."),
    Job("campaigns.tasks.sweep", 10.0, "A lease that ran out becomes ready or unknown, never a second send."),
)


LOOK = "retention.celery.look"


def looked_at(every_seconds: float) -> tuple[Job, ...]:
    """Return the jobs of one cadence that are handed out only when one of their kinds is due."""
    return tuple(job for job in JOBS if job.kinds and job.every_seconds == every_seconds)


def beat_schedule() -> dict[str, dict[str, object]]:
    """Return the jobs in Celery beat's form, with one look in place of all that a look of their cadence hands out."""
    ticks: list[tuple[str, Job, dict[str, float]]] = [(job.task, job, {}) for job in JOBS if not job.kinds]
    cadences = sorted({job.every_seconds for job in JOBS if job.kinds})
    looks = [(f"{LOOK} {every:g}", Job(LOOK, every, ""), {"every": every}) for every in cadences]
    return {
        name: {"task": job.task, "schedule": job.every_seconds, "kwargs": words, "options": {"expires": job.expires_seconds}}
        for name, job, words in [*ticks, *looks]
    }
