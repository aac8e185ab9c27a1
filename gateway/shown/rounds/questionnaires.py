"""What is shown of a questionnaire that the province brings as a file, before a survey is opened with it."""

import json
from collections.abc import Mapping
from typing import Any

from models.rounds.questionnaires import Questionnaire
from regulation.rounds import questionnaires
from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.rounds.returns import in_words


def document_in(text: str) -> Any:
    """What a file holds as JSON; what is none, or is nested without end, stays a text, which is no questionnaire."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def brought_shown(text: str) -> Mapping[str, Any]:
    """A questionnaire, if one was brought, with its checks in words, and what it asks otherwise than the edition that it follows."""
    asked, _ = questionnaires.examined(document_in(text)) if text else (None, [])
    if asked is None:
        return {"asked": None}
    before = QUESTIONNAIRES[asked.base] if asked.base and asked.base in QUESTIONNAIRES else None
    return {
        "asked": asked,
        "checks": [(each.severity, in_words(asked, each)) for each in asked.checks],
        "compared": list(questionnaires.compared(before, asked)) if before else [],
    }


def newest() -> Questionnaire:
    """The questionnaire that was added last, to begin the next one with; none of a survey that was cancelled."""
    return QUESTIONNAIRES[[name for name in QUESTIONNAIRES if name not in questionnaires.CALLED_OFF][-1]]
