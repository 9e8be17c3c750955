"""The check of a whole catalogue: everything that shows only when its files are read together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from openiads.catalogue.load import DATA, Catalogue, place_of, read_file, read_system, validated
from openiads.catalogue.model import Claim, ClaimFile, ClaimGroup, Parameter, Source, SourceFile, System
from openiads.documents.yamlfile import YamlFile
from openiads.errors import Problem

_GROUP_KIND = {"contradicts": "contradiction", "in_tension_with": "tension"}


@dataclass(frozen=True)
class Checked:
    """What was read, and what is wrong with it."""

    n_systems: int
    n_parameters: int
    n_sources: int
    n_claims: int
    problems: list[Problem]


def check_catalogue(folder: Path = DATA) -> Checked:
    """Check a whole catalogue (`systems/`, `sources.yaml`, `claims.yaml`), or a folder of own systems beside the built-in ones.

    A file that cannot be read at all raises `CatalogueError`; every other fault is a `Problem` of the answer.
    """
    whole = (folder / "systems").is_dir()
    misnamed: list[Problem] = []
    catalogue = Catalogue(folder, misnamed=misnamed) if whole else Catalogue(DATA, [folder], misnamed=misnamed)
    check = _Check(catalogue, folder if whole else DATA, misnamed)
    if not whole and not misnamed:
        catalogue.require_systems_in(folder)
    return check.run()


@dataclass(frozen=True)
class _Known:
    claims: dict[str, Claim]
    groups: dict[str, ClaimGroup]
    articles: dict[str, int]
    """Number of claims found for each article."""


class _Check:
    """What a faulty file holds is not known: whether something else names it rightly is then not judged, so one fault stays one."""

    def __init__(self, catalogue: Catalogue, root: Path, misnamed: list[Problem]) -> None:
        self.problems: list[Problem] = list(misnamed)
        self.all_files_read = not misnamed
        self.files: dict[str, YamlFile] = {}
        self.systems: dict[str, System] = {}
        for name in catalogue.names():
            file, system, problems = read_system(catalogue.path(name), name)
            self.problems += problems
            self.files[name] = file
            if system is not None:
                self.systems[name] = system
        self.source_file = read_file(root / "sources.yaml")
        self.claim_file = read_file(root / "claims.yaml")
        sources, source_problems = validated(self.source_file, SourceFile, self.source_file.data)
        claims, claim_problems = validated(self.claim_file, ClaimFile, self.claim_file.data)
        self.problems += source_problems + claim_problems
        self.own_sources = sources.sources if sources else ()
        self.claims = claims
        self.sources: dict[str, Source] = {s.id: s for s in self.own_sources}
        listed = Counter(s.id for s in self.own_sources)
        for name, system in self.systems.items():
            self.problems += self._repeated_ids(self.files[name], "sources", [s.id for s in system.sources], known=list(self.sources))
            self.sources |= {s.id: s for s in system.sources}
            listed.update(s.id for s in system.sources)
        self.n_sources = len(listed)
        repeated = {source for source, n in listed.items() if n > 1}  # which entry is meant, and what the other is called, is not known
        self.sources = {source: s for source, s in self.sources.items() if source not in repeated}
        unread = [file.data for name, file in self.files.items() if name not in self.systems]
        self.all_sources_known = (
            sources is not None and not repeated and self.all_files_read and not any("sources" in data for data in unread)
        )
        self.all_citations_known = claims is not None and self.all_files_read and not unread
        self.cited: set[str] = set()

    def run(self) -> Checked:
        for name, system in self.systems.items():
            for parameter in system.parameters.values():
                self.problems += self._evidence(name, parameter)
            self.problems += self._draw_groups(name, system)
        if self.claims is not None:
            self.problems += self._claims(self.claims)
        if self.own_sources:
            self.problems += self._unused()
        n_parameters = sum(len(s.parameters) for s in self.systems.values())
        n_claims = len(self.claims.claims) if self.claims else 0
        problems = sorted(self.problems, key=lambda p: (p.file, p.line or 0, p.key))
        return Checked(len(self.files), n_parameters, self.n_sources, n_claims, problems)

    def _evidence(self, name: str, p: Parameter) -> Iterator[Problem]:
        speakers, speakers_known = set(), True
        for i, report in enumerate(p.reports):
            self.cited.add(report.source)
            source = self.sources.get(report.source)
            if source is None:
                speakers_known = False
                if self.all_sources_known:
                    yield self._row(name, p, f"reports.{i}", f"no source is called {report.source!r}")
                continue
            if not source.may_ship and report.withheld is None:
                yield self._row(name, p, f"reports.{i}", f"a value of {source.id} may not be shipped ({source.reuse}); give `withheld`")
            if report.excluded is None:
                speakers.add(report.speaker or source.speaker)
        families = sorted(speakers - {"ours"})
        if speakers_known and sorted(p.families) != families:
            yield self._row(name, p, "families", f"should be [{', '.join(families)}], from the reports that count")
        if p.included_in is not None and p.included_in not in {q.name for q in self.systems[name].parameters.values()}:
            yield self._row(name, p, "included_in", f"no parameter of {name} is called {p.included_in!r}")

    def _draw_groups(self, name: str, system: System) -> Iterator[Problem]:
        groups: dict[str, list[Parameter]] = defaultdict(list)
        for p in system.parameters.values():
            if p.draw_group is not None:
                groups[p.draw_group].append(p)
        for group, rows in groups.items():
            versions, n_alike = Counter(tuple(sorted(p.version)) for p in rows).most_common(1)[0]  # a row that differs is at fault
            correlation = Counter(p.correlation for p in rows).most_common(1)[0][0]
            for p in rows:
                if set(p.version) != set(versions):
                    yield self._row(name, p, "version", f"draw group {group} has the versions {', '.join(versions) or 'none'}")
                if p.correlation != correlation:
                    yield self._row(name, p, "correlation", f"draw group {group} has the correlation {correlation}")
            nominal = [{v for v, x in p.version.items() if x == p.nominal} for p in rows]
            if versions and n_alike == len(rows) and all(nominal) and not set.intersection(*nominal):
                yield self._row(name, rows[0], "draw_group", f"the nominal values of {group} are not those of one version")
        tied = {group: rows for group, rows in groups.items() if any(p.version for p in rows)}
        largest = max(tied, key=lambda group: len(tied[group]), default="")
        for group, rows in tied.items():
            if group != largest:
                message = f"{group} is not {largest}; the versions of a system are drawn together, so they are one draw group"
                yield self._row(name, rows[0], "draw_group", message)
            elif len(rows) == 1 and len(tied) == 1:
                yield self._row(name, rows[0], "draw_group", f"no other row has {group}; versions tie two rows or more")

    def _claims(self, content: ClaimFile) -> Iterator[Problem]:
        known = _Known(
            {c.id: c for c in content.claims},
            {g.id: g for g in content.groups},
            {a.id: sum(c.article == a.id for c in content.claims) for a in content.articles},
        )
        repeated: list[Problem] = []
        for kind, rows in (("claims", content.claims), ("groups", content.groups), ("articles", content.articles)):
            repeated += self._repeated_ids(self.claim_file, kind, [r.id for r in rows])
        yield from repeated
        for i, article in enumerate(content.articles):
            yield from self._source_ids(["articles", i, "source"], [article.source])
        for i, claim in enumerate(content.claims):
            at: list[str | int] = ["claims", i]
            yield from self._source_ids([*at, "external"], claim.external.sources if claim.external else ())
            yield from self._paths([*at, "bears_on"], claim.bears_on)
        for i, group in enumerate(content.groups):
            yield from self._source_ids(["groups", i, "external_sources"], group.external_sources)
            yield from self._paths(["groups", i, "bears_on"], group.bears_on)
        if not repeated:
            yield from self._cross_references(content, known)

    def _cross_references(self, content: ClaimFile, known: _Known) -> Iterator[Problem]:
        for i, article in enumerate(content.articles):
            if known.articles[article.id] != article.claims:
                yield self.claim_file.problem(["articles", i, "claims"], f"{article.claims} stated, {known.articles[article.id]} given")
        for i, claim in enumerate(content.claims):
            yield from self._claim(i, claim, known)
        for i, group in enumerate(content.groups):
            yield from self._group(i, group, known.claims)

    def _claim(self, i: int, claim: Claim, known: _Known) -> Iterator[Problem]:
        at: list[str | int] = ["claims", i]
        if claim.article not in known.articles:
            yield self.claim_file.problem([*at, "article"], f"no article is called {claim.article!r}")
        group = known.groups.get(claim.group or "")
        if claim.group is not None and (group is None or claim.id not in group.positions.get(claim.position or "", ())):
            yield self.claim_file.problem([*at, "group"], f"{claim.group} does not list {claim.id} under the position {claim.position!r}")
        for key, kind in _GROUP_KIND.items():
            for other in getattr(claim, key):
                if other not in known.claims:
                    yield self.claim_file.problem([*at, key], f"no claim is called {other!r}")
                elif claim.id not in getattr(known.claims[other], key):
                    yield self.claim_file.problem([*at, key], f"{other} does not name {claim.id} in return")
                elif group is not None and known.claims[other].group == claim.group and group.kind != kind:
                    yield self.claim_file.problem([*at, key], f"{claim.group} is marked as {group.kind}")

    def _group(self, i: int, group: ClaimGroup, claims: dict[str, Claim]) -> Iterator[Problem]:
        for position, members in group.positions.items():
            for member in members:
                if member not in claims or (claims[member].group, claims[member].position) != (group.id, position):
                    at: list[str | int] = ["groups", i, "positions", position]
                    yield self.claim_file.problem(at, f"claim {member} does not name this group and position")

    def _paths(self, at: list[str | int], paths: tuple[str, ...]) -> Iterator[Problem]:
        for path in paths:
            name = path.partition(".")[0]
            system = self.systems.get(name)
            if (name not in self.files and self.all_files_read) or (system is not None and path not in system.parameters):
                yield self.claim_file.problem(at, f"no parameter has the path {path!r}")

    def _source_ids(self, at: list[str | int], ids: tuple[str, ...] | list[str]) -> Iterator[Problem]:
        self.cited.update(ids)
        for source in ids:
            if source not in self.sources and self.all_sources_known:
                yield self.claim_file.problem(at, f"no source is called {source!r}")

    def _unused(self) -> Iterator[Problem]:
        yield from self._repeated_ids(self.source_file, "sources", [s.id for s in self.own_sources])
        all_known = self.all_citations_known and self.cited <= set(self.sources)
        for i, source in enumerate(self.own_sources):
            at: list[str | int] = ["sources", i, "id"]
            cited = source.id in self.cited
            if cited and source.background is not None:
                yield self.source_file.problem(at, f"{source.id} is cited and marked as background")
            if not cited and source.background is None and all_known:
                yield self.source_file.problem(at, f"{source.id} is cited nowhere and has no `background`")

    def _repeated_ids(self, file: YamlFile, key: str, ids: list[str], known: Sequence[str] = ()) -> Iterator[Problem]:
        for i, row in enumerate(ids):
            if row in ids[:i] or row in known:
                yield file.problem([key, i, "id"], f"{row} stands twice")

    def _row(self, name: str, p: Parameter, key: str, message: str) -> Problem:
        return self.files[name].problem(place_of(p, key), message, new_key=True)
