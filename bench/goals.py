"""What the figures must be, and what they had better be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.figures import Figure, lined, number


@dataclass(frozen=True)
class Goal:
    """A figure must be at most so much, or at least; `aim` is what is aimed for beyond that."""

    must: float
    aim: float
    at_least: bool = False

    def reached(self, value: float) -> str:
        """Both bounds, and whether they are met."""
        return " | ".join(self._against(value, bound) for bound in (self.must, self.aim))

    def _against(self, value: float, bound: float) -> str:
        met = value >= bound if self.at_least else value <= bound
        return f"{'≥' if self.at_least else '≤'} {number(bound)}: {'met' if met else '**missed**'}"


def at_most(must: float, aim: float | None = None) -> Goal:
    """The less the better."""
    return Goal(must, must if aim is None else aim)


def at_least(must: float, aim: float | None = None) -> Goal:
    """The more the better."""
    return Goal(must, must if aim is None else aim, at_least=True)


GOALS = {
    "cpu_ratio_ours": at_most(1.6, 1.3),
    "cpu_ratio_silent": at_most(1.35, 1.2),
    "cpu_all_ratio_ours": at_most(1.6, 1.35),
    "lives_ratio_ours": at_least(0.65),
    "history_bytes_ratio_ours": at_most(1.5, 1.3),
    "events_to_archive": at_most(58),
    "events_a_year": at_most(30),
    "replay_five_years_ms": at_most(60, 50),
    "herd_per_s_ratio": at_least(0.5, 0.7),
    "herd_late_p99_ratio": at_most(2, 1.5),
    "herd_memory_kib_ours": at_most(120),
    "simulator_alliance_years_per_s": at_least(3_500, 4_500),
    "register_appends_per_s_sqlite": at_least(1_120),
    "register_appends_per_s_postgres": at_least(780),
    "gateway_inbox_ms": at_most(12, 10),
    "gateway_inbox_16_ms": at_most(100, 80),
    "gateway_api_list_ratio": at_most(1.8),
    "gateway_home_ms": at_most(5),
    "gateway_year_ms": at_most(100),
    "rounds_survey_ratio": at_most(2.5),
    "rounds_survey_growth": at_most(1.3),
    "rounds_evaluation_ratio": at_most(2),
    "rounds_evaluation_growth": at_most(1.3),
    "sentinel_pass_cpu_s": at_most(60, 20),
}
"""By the figure's key. Of writing: three times what 0.4.0 wrote on the machine that the figures were first taken on."""


def goals(figures: Sequence[Figure]) -> Iterator[str]:
    """The figures that have goals, as a table."""
    chosen = [each for each in figures if each.key in GOALS]
    rows = ((_named(each), f"{each}", GOALS[each.key].reached(each.value)) for each in chosen)
    return lined("Goals", ("", "figure", "must", "aim"), rows)


def _named(figure: Figure) -> str:
    return f"{figure.words}: {figure.side}" if figure.side else figure.words
