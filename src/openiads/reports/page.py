"""The report: one self-contained HTML page from a saved record alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, UndefinedError
from markupsafe import Markup, escape

from openiads.errors import InputError
from openiads.metrics.words import change_words, error_words, few_draws, part, plain, plain_ends, rounded, rounds_word
from openiads.records import Record, load_record
from openiads.records.tables import write_text
from openiads.reports import words
from openiads.reports.budget import budget, budget_parts, worst_night
from openiads.reports.closed_form import kill_laws, raid_check
from openiads.reports.costs import killed_by_group
from openiads.reports.course import channel_words, course, magazine_words
from openiads.reports.coverage import RING_HEIGHTS_M
from openiads.reports.coverage_maps import centre_words, coverage_figure, coverage_rows, square_km
from openiads.reports.evidence import by_system, evidence, spread_words
from openiads.reports.exposure import exposure_figure, exposure_rows
from openiads.reports.figures import FUNNEL_WORDS, causes_part, components_part, cost_part, figures
from openiads.reports.frame import bibtex, run_command
from openiads.reports.geography import maps, reaches
from openiads.reports.glossary import MODEL, ORGANISATION, names
from openiads.reports.nights import nights
from openiads.reports.setting import setting

REPORT = "report.html"
#: Times of leakers are shown to this, however well a mean is known.
_TENTH_S = 0.1


def write_report(record: Record | Path | str) -> Path:
    """Write `report.html` into the folder of a saved record (a `Record` or its folder), from nothing but that record; returns its path.

    An `InputError` if the record is incomplete or damaged, or the folder cannot be written to.
    """
    record = record if isinstance(record, Record) else load_record(record)
    path = record.folder / REPORT
    text = report_html(record)
    try:
        write_text(text, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def report_html(record: Record) -> str:
    """The page as text."""
    numbers = _Numbers(record.summary)
    environment = Environment(
        loader=PackageLoader("openiads.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        class_title=words.class_title,
        first_up=words.first_up,
        percent=words.percent,
        km=words.km,
        height=words.height,
        square_km=square_km,
        breakable=_breakable,
    )
    template = environment.get_template("report.html.j2")
    try:
        known = evidence(record.data_lock)
        drawn = (
            *figures(record),
            *budget(record),
            *nights(record),
            *course(record),
            *maps(record),
            coverage_figure(record),
            exposure_figure(record),
        )
        return template.render(
            summary=record.summary,
            description=record.description,
            headline=words.headline(record.summary),
            run=record.summary["run"],
            result_sha256=record.sha256,
            chance_only=record.chance_only,
            few_draws=few_draws(record.summary["run"]["draws"]),
            figures={f.name: f for f in drawn if f is not None},
            worst=worst_night(record),
            channel_words=channel_words(record),
            magazine_words=magazine_words(record),
            coverage=coverage_rows(record),
            coverage_from=centre_words(record),
            exposure=exposure_rows(record),
            coverage_only=record.data_lock.get("coverage_parameters", ()),
            parts={p.name: p for p in (causes_part(record), *budget_parts(record), components_part(record), cost_part(record))},
            reaches=reaches(record.description),
            channels=_channels(record),
            by_system=by_system,
            evidence=known,
            spread_from=spread_words(record.summary.get("spread_shares"), known.drawn),
            killed_costs=killed_by_group(record),
            amount_m=words.millions,
            plain=plain,
            rounds_word=rounds_word(record.summary),
            unit_costs=[row for row in record.data_lock["parameters"] if row["path"].endswith((".unit_cost", ".cost_per_burst"))],
            laws=kill_laws(record),
            check=raid_check(record),
            command=run_command(record),
            bibtex=partial(bibtex, record),
            setting=setting(record),
            ring_heights=RING_HEIGHTS_M,
            funnel_words=FUNNEL_WORDS,
            glossary=(ORGANISATION, MODEL),
            names=names(record.data_lock),
            count=numbers.count,
            share=numbers.share,
            span=numbers.span,
            span_of=numbers.span_of,
            km=numbers.km,
            minutes=numbers.minutes,
            seconds=numbers.seconds,
            gone=numbers.gone,
            millions=numbers.millions,
            error=numbers.error,
            change=numbers.change,
            cause_of=numbers.cause_of,
            cause_part=numbers.cause_part,
            leaked_of=numbers.leaked_of,
            amount_of=words.amount_of,
            svg=Markup,
        )
    except KeyError as error:
        raise InputError(f"{record.folder}: the record is damaged: {error} is missing") from error
    except (IndexError, TypeError, ValueError, AttributeError, UndefinedError) as error:  # a value of another shape than ours
        raise InputError(f"{record.folder}: the record is damaged: {error}") from error


class _Numbers:
    """Numbers of `summary.json` by path, such as ``outcomes.leakers.mean``, as <data> elements that keep the exact value."""

    def __init__(self, summary: dict[str, Any]) -> None:
        self._summary = summary

    def _at(self, path: str) -> Any:
        value: Any = self._summary
        for key in path.split("."):
            value = value[int(key)] if isinstance(value, list) else value[key]
        return value

    def count(self, path: str) -> Markup:
        """A mean with the decimals that its simulation error deserves, or as a plain count."""
        value = self._at(path)
        stem = path.rpartition(".")[0]
        error = self._at(stem)["simulation_error"] if path.endswith(".mean") else None
        return _data(path, value, rounded(value, error))

    def error(self, path: str) -> Markup:
        """A simulation error."""
        return _data(path, self._at(path), error_words(self._at(path)))

    def change(self, path: str) -> Markup:
        """The mean of a paired change with its error in words."""
        return _data(f"{path}.mean", self._at(path)["mean"], change_words(self._at(path)))

    def share(self, path: str) -> Markup:
        """A share or an end of its interval as a percentage."""
        stem, _, key = path.rpartition(".")
        return _data(path, self._at(path), words.share_text(self._at(stem), key))

    def minutes(self, path: str) -> Markup:
        """A time in minutes; never where it does not come."""
        return _data(path, self._at(path), words.minute(self._at(path)))

    def seconds(self, path: str) -> Markup:
        """A mean time of a leaker in seconds with its simulation error, to a tenth at most."""
        mean_s, error_s = (self._at(f"{path}.{key}") for key in ("mean_s", "simulation_error_s"))
        said, mean = "one night only" if error_s is None else "every leaker", rounded(mean_s, error_s)
        if error_s:
            said = error_words(error_s) if error_s >= _TENTH_S else f"± under {_TENTH_S}"
            mean = mean if error_s >= _TENTH_S else f"{mean_s:,.1f}"
        error = _data(f"{path}.simulation_error_s", error_s, said)
        return _data(f"{path}.mean_s", mean_s, mean) + Markup(' <span class="quiet">{}</span>').format(error)

    def gone(self, path: str) -> Markup:
        """A time in minutes at which something is used up."""
        return _data(path, self._at(path), words.minute_gone(self._at(path)))

    def millions(self, path: str) -> Markup:
        """The mean or the simulation error of an amount in millions, with the decimals of that error."""
        stem, _, key = path.rpartition(".")
        mean, error = (self._at(f"{stem}.{name}") for name in ("mean", "simulation_error"))
        error_m = error / 1e6 if error else error
        return _data(path, self._at(path), rounded(mean / 1e6, error_m) if key == "mean" else error_words(error_m))

    def span(self, path: str, kind: str = "count") -> Markup:
        """A pair of numbers as 'low to high'; 'not varied' where there is none; whether it may be chance."""
        ends = self._at(path)
        if ends is None:
            return Markup('<span class="none">not varied</span>')
        texts = plain_ends(*ends) if kind == "count" else [_SPANS[kind](x) for x in ends]
        low, high = (_data(f"{path}.{i}", ends[i], texts[i]) for i in range(2))
        said = low if texts[0] == texts[1] else Markup("{} to {}").format(low, high)
        stem, _, name = path.rpartition(".")
        return said + ", may be chance" if name == "not_publicly_known" and words.may_be_chance(self._at(stem)) else said

    def km(self, path: str) -> Markup:
        """The outer two of the ranges at `path`, in m, as kilometres."""
        ends = self._at(path)
        texts = plain_ends(ends[0] / 1e3, ends[-1] / 1e3)
        low, high = (_data(f"{path}.{i}", ends[i], text) for i, text in zip((0, len(ends) - 1), texts, strict=True))
        return low if texts[0] == texts[1] else Markup("{} to {}").format(low, high)

    def span_of(self, low: str, high: str) -> Markup:
        """Two numbers of the summary as the ends of an interval."""
        ends = self._at(low), self._at(high)
        said = zip((low, high), ends, plain_ends(*ends), strict=True)
        return Markup("{} to {}").format(*(_data(*end) for end in said))

    def cause_part(self, cause: int) -> Markup:
        """Mean leakers by a cause as a part of all: with their decimals."""
        mean = self._summary["causes"][cause]["mean"]
        return _data(f"causes.{cause}.mean", mean, part(mean, self._summary["outcomes"]["leakers"]["simulation_error"]))

    def cause_of(self, cause: int, group: str) -> Markup:
        """Mean leakers of a group by a cause; a group's name may contain dots, so this is no path."""
        mean = self._summary["causes"][cause]["groups"][group]
        return _data(f"causes.{cause}.groups[{group}]", mean, plain(mean))

    def leaked_of(self, group: str) -> Markup:
        """Mean leakers of a group."""
        row = next(i for i, g in enumerate(self._summary["groups"]) if g["group"] == group)
        return self.count(f"groups.{row}.leaked.mean")


_SPANS: dict[str, Callable[[Any], str]] = {"gone": words.minute_gone, "millions": words.millions, "share": words.percent}


def _data(path: str, value: float | None, text: str) -> Markup:
    shown = "" if value is None else repr(value)
    return Markup('<data value="{}" data-path="{}">{}</data>').format(shown, path, escape(text))


def _breakable(text: str) -> Markup:
    """A dotted path that may be broken after its dots and underscores."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(text))))


#: Rows of the catalogue that say how many targets one fire unit engages at once.
_CHANNEL_ROWS = ("targets_engaged_per_engagement_radar", "simultaneous_targets")


def _channels(record: Record) -> dict[str, Any]:
    """How many targets can be engaged at once, of what the number is made, and why it is that."""
    sizes = [u["channels"] for u in record.description["units"]]
    parts = [
        f"{words.amount_of(n := sizes.count(size), 'fire unit')} with {words.amount_of(size, 'channel')}{' each' if n > 1 else ''}"
        for size in dict.fromkeys(sizes)
    ]
    rows = [row for row in record.data_lock["parameters"] if row["path"].endswith(_CHANNEL_ROWS)]
    why = dict.fromkeys(f"{row['title']}: {row['text']}, {row['basis']}; {row['law']}" for row in rows)
    return {"total": sum(sizes), "parts": words.listed(parts), "why": "; ".join(why)}
