"""How a command ends: its exit code, and what is said of what went wrong."""

from collections.abc import Callable

import click
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError, RPCStatusCode

from activities import logs
from activities.backup import BackupRefused
from activities.documents.sheet_reader import SheetRefused
from activities.log.keys import NotSigning
from activities.log.notes import NotANote, NotSigned
from activities.log.sequencing import LogRefused
from activities.log.witnessing import NotWitnessed
from cli.output import errors, print_findings, say
from cli.tools import NotAnswered
from gateway.clock import ClockWrong
from gateway.problem import Conflict, NotFound, Refused, Unreachable
from models.channels import ChannelsRefused
from models.findings import Refusal
from models.settings import SettingsRefused
from regulation.editions import EditionRefused
from regulation.texts import TextRefused

DONE, FOUND, REFUSED, NOT_FOUND, CONFLICT, UNREACHABLE, USAGE = 0, 1, 2, 3, 4, 5, 64


def _report(json_: bool, message: str, refusal: Refusal | None = None) -> None:
    """Say what went wrong, in the form that was asked for."""
    if json_:
        say(refusal or {"message": message})
        return
    errors.print(message, style="red")
    if refusal and refusal.findings:
        print_findings(refusal.findings)


def ended(command: Callable[[], object], json_: bool) -> int:
    """Run a command to its end and say what went wrong, if anything did; its exit code."""
    try:
        command()
    except Refused as refused:
        _report(json_, str(refused), refused.refusal)
        return REFUSED
    except (BackupRefused, SheetRefused, LogRefused, NotANote, NotSigned, NotSigning, NotWitnessed) as error:
        _report(json_, str(error))
        return REFUSED
    except (NotFound, Conflict) as error:
        _report(json_, f"{error.__doc__} {error}")
        return NOT_FOUND if isinstance(error, NotFound) else CONFLICT
    except (Unreachable, RPCError, RuntimeError, SQLAlchemyError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.INVALID_ARGUMENT:
            _report(json_, error.message)
            return REFUSED
        said = (
            str(error) if isinstance(error, NotAnswered) else error.__doc__ if isinstance(error, ClockWrong) else None
        )
        _report(json_, said or f"{Unreachable.__doc__}（{logs.named(error)}）")
        return UNREACHABLE
    except OSError as error:
        _report(json_, f"文件或目录无法读写（{logs.named(error)}）")
        return UNREACHABLE
    except (click.UsageError, SettingsRefused, EditionRefused, TextRefused, ChannelsRefused) as error:
        _report(json_, error.format_message() if isinstance(error, click.UsageError) else str(error))
        return USAGE
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return DONE
