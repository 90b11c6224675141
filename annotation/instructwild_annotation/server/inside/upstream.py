"""Two slow places of Argilla 2.8.0 made quick. Any other version is left as it is."""

from typing import Any

from argilla_server._version import __version__

KNOWN = "2.8.0"


def apply() -> bool:
    """Patch the running server; False for a version that was not looked at."""
    if __version__ != KNOWN:
        return False
    _keep_question_adapter()
    _notify_only_listeners()
    return True


def _keep_question_adapter() -> None:
    """`Question.parsed_settings` builds its pydantic validator anew for every question of every record."""
    from argilla_server.api.schemas.v1.questions import QuestionSettings
    from argilla_server.models import Question
    from pydantic import TypeAdapter

    adapter = TypeAdapter(QuestionSettings)
    Question.parsed_settings = property(lambda self: adapter.validate_python(self.settings))


def _notify_only_listeners() -> None:
    """A bulk load reloads the dataset for every record to tell webhooks about it, also where there are none."""
    from argilla_server.bulk import records_bulk
    from argilla_server.contexts import webhooks

    notify = records_bulk.notify_record_event_v1

    async def notify_if_heard(db: Any, record_event: Any, record: Any) -> Any:
        if "listened to" not in db.info:
            db.info["listened to"] = bool(await webhooks.list_enabled_webhooks(db))
        return await notify(db, record_event, record) if db.info["listened to"] else []

    records_bulk.notify_record_event_v1 = notify_if_heard
