"""Asking why: why a filing stands where it stands, why an act may be done or not, what comes next."""

import click
from pydantic import ValidationError

from cli.arguments import as_json, worded_for
from cli.output import console, say
from cli.tools import found, the_register
from gateway.shown.reasons import OUT_OF_BOUNDS, Sentence, moment_of, out_of_bounds
from models.acts import MOST_ENTRIES, YEARS
from models.reasons import Answer, Register
from models.vocabulary import ActKind, LapseKind
from regulation.moment import Moment
from regulation.why import why as answer


@click.command(help="为什么：备案为何如此，某一行为能否办理、某一届至事项为何发生或者没有发生，接下来会怎样。")
@click.argument("filing_id")
@click.option("--act", type=click.Choice([each.value for each in ActKind]), help="能否办理这一行为")
@click.option(
    "--lapse", type=click.Choice([each.value for each in LapseKind]), help="这一届至事项为何发生，或者为何没有"
)
@click.option("--entry", type=click.IntRange(1, MOST_ENTRIES), help="这一号登记为何发生")
@click.option("--year", type=click.IntRange(YEARS[0], YEARS[-1]), help="就哪一报送年度而言")
@click.option("--at", help="就哪一日（含全天）或者哪一时刻而言；不写即现在")
@worded_for
@as_json
def why(
    filing_id: str, act: str | None, lapse: str | None, entry: int | None, year: int | None, at: str | None, for_: str,
    json_: bool,
) -> None:  # fmt: skip
    """Answer why."""
    register = the_register()
    found(register, filing_id)
    docket, now = register.docket(filing_id), register.clock()
    try:
        when = moment_of(at, Moment(now, now))
    except ValidationError:
        raise click.UsageError(f"不是时间：{at}") from None
    if out_of_bounds(docket, when):
        raise click.UsageError(OUT_OF_BOUNDS)
    told = answer(
        docket, when, act=ActKind(act) if act else None, lapse=LapseKind(lapse) if lapse else None, number=entry,
        year=year,
    )  # fmt: skip
    tell(told, Register(for_), json_)


def tell(told: Answer, words: Register, json_: bool) -> None:
    """Print an answer in a register, each reason below what it is one for; or as JSON."""
    if json_:
        sentences = [Sentence.of(each, words) for each in told.reasons]
        say({"question": told.question, "about": told.about, "worded_for": words, "reasons": sentences})
        return
    console.print(f"{told.question.label}：{told.about}", style="bold", markup=False)
    for reason in told.reasons:
        for depth, line in reason.lines(words):
            console.print(f"{'  ' * depth}{line}", soft_wrap=True, markup=False)
