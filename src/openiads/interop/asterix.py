"""Recorded ASTERIX: plots of category 048, service messages of 034 and tracks of 062, from a packet capture or from bare data blocks.

The codec is `libasterix` (MIT; extra ``asterix``), imported when a file is opened. A block or record that it cannot read is counted and
named, and reading goes on with the next one. From a plot the tracker gets slant range, azimuth and time; with a flight level the range is
reduced to the ground, taking the pressure altitude for the height above the radar.

References: EUROCONTROL-SPEC-0149-4 (category 048), -2b (034), -9 (062): ASTERIX, part 4, 2b and 9.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from openiads.errors import InputError
from openiads.records.scans import Rejects, Scan

_NMI_M, _FL_M, _DAY_S = 1852.0, 30.48, 86_400.0
_RANGE_NMI, _TURN_DEG, _TIME_S = 1 / 256, 360 / 65536, 1 / 128
_SPEED_KT, _LAT_LON_DEG = 3600 / 2**14, 180 / 2**25
_PLOTS, _SERVICE, _SYSTEM_TRACKS = 48, 34, 62
#: Antennas of radars that send these messages turn in 4 to 12 s; no two passes of north are closer together than this.
_LEAST_TURN_S = 1.5
_HALF_TURN_DEG = 180.0
_PCAP = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}
_ETHERNET, _IP4, _UDP = 1, 0x0800, 17


class Record(NamedTuple):
    """One record: its category, where it stands, and the items that are there, in the units of their names."""

    category: int
    place: str
    frame: int
    number: int
    """Of the record in its frame, over all blocks."""
    items: dict[str, Any]


def records(path: Path, rejects: Rejects) -> Iterator[Record]:
    """Every record of the categories above that can be read, in the order of the file."""
    base, editions = _codec()
    for frame, place, payload in _payloads(path, rejects):
        number = 0
        for offset, block in _blocks(payload, rejects, place):
            read, here = _READERS.get(block[0]), f"{place} + {offset}"
            if read is None:
                continue
            parsed = editions[block[0]].cv_uap.parse(base.Bits.from_bytes(block[3:]))
            if isinstance(parsed, ValueError):
                rejects.add(f"block of category {block[0]:03d} that breaks its specification", here)
                continue
            for record in parsed:
                yield Record(block[0], f"{here}, record {number}", frame, number, {"category": block[0], **read(record)})
                number += 1


def _codec() -> tuple[Any, dict[int, Any]]:
    try:
        from asterix import base, generated
    except ImportError:
        raise InputError("reading ASTERIX needs the package libasterix: pip install 'openiads[asterix]'") from None
    if not hasattr(generated, "Cat_048_1_32"):
        raise InputError("the package 'asterix' that is installed is not libasterix, or an old one: pip install 'openiads[asterix]'")
    return base, {_SERVICE: generated.Cat_034_1_29, _PLOTS: generated.Cat_048_1_32, _SYSTEM_TRACKS: generated.Cat_062_1_21}


# ------------------------------------------------------------------------------------------------------------- bytes


def _payloads(path: Path, rejects: Rejects) -> Iterator[tuple[int, str, bytes]]:
    """(number, place, bytes) of every UDP datagram of a capture; other files are one payload, read piece by piece."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
            if magic in _PCAP:
                yield from _captured(file, _PCAP[magic], rejects, path)
            elif magic == b"\x0a\x0d\x0d\x0a":
                raise InputError(f"{path}: is a pcapng capture; save it as pcap")
            else:
                yield from _bare(file, magic, rejects)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _captured(file: IO[bytes], order: str, rejects: Rejects, path: Path) -> Iterator[tuple[int, str, bytes]]:
    head = file.read(20)
    if len(head) < 20 or struct.unpack(order + "I", head[16:])[0] & 0xFFFF != _ETHERNET:
        raise InputError(f"{path}: is a capture of something else than Ethernet")
    number = -1
    while head := file.read(16):
        number += 1
        length = struct.unpack(order + "I", head[8:12])[0] if len(head) == 16 else 0
        frame = file.read(length)
        if len(head) < 16 or len(frame) < length:
            rejects.add("frame that is cut off", f"frame {number}")
            return
        if (payload := _udp(frame)) is None:
            rejects.add("frame without a UDP datagram", f"frame {number}")
        else:
            yield number, f"frame {number}", payload


def _udp(frame: bytes) -> bytes | None:
    """What an Ethernet frame carries in UDP over IPv4."""
    if len(frame) < 42 or int.from_bytes(frame[12:14], "big") != _IP4 or frame[23] != _UDP:
        return None
    start = 14 + 4 * (frame[14] & 15)
    length = int.from_bytes(frame[start + 4 : start + 6], "big")
    return frame[start + 8 : start + length]


def _bare(file: IO[bytes], begin: bytes, rejects: Rejects) -> Iterator[tuple[int, str, bytes]]:
    """Data blocks one after another; a length that cannot be ends the file, for nothing says where the next block is."""
    at, number, head = 0, 0, begin[:3]
    file.seek(3)
    while head:
        length = int.from_bytes(head[1:3], "big")
        if len(head) < 3 or length < 4:
            rejects.add("block whose length cannot be; the rest of the file is not read", f"byte {at}")
            return
        body = file.read(length - 3)
        if len(body) < length - 3:
            rejects.add("block that is cut off", f"byte {at}")
            return
        yield number, f"byte {at}", head + body
        at, number, head = at + length, number + 1, file.read(3)


def _blocks(payload: bytes, rejects: Rejects, place: str) -> Iterator[tuple[int, bytes]]:
    """(offset, category, length and body) of every data block of a datagram."""
    at = 0
    while at < len(payload):
        length = int.from_bytes(payload[at + 1 : at + 3], "big")
        if length < 4 or at + length > len(payload):
            rejects.add("datagram whose blocks do not add up", f"{place} + {at}")
            return
        yield at, payload[at : at + length]
        at += length


# ------------------------------------------------------------------------------------------------------------- items


def _unsigned(record: Any, item: str) -> int | None:
    """The bits of an item as one number."""
    found = record.get_item(item)
    return None if found is None else int(found.as_uint())


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _common(record: Any, time_item: str) -> dict[str, Any]:
    items: dict[str, Any] = {}
    if (source := _unsigned(record, "010")) is not None:
        items |= {"sac": source >> 8, "sic": source & 255}
    if (time := _unsigned(record, time_item)) is not None:
        items["time_of_day_s"] = time * _TIME_S
    return items


def _plot(record: Any) -> dict[str, Any]:
    items = _common(record, "140")
    if (place := _unsigned(record, "040")) is not None:
        items |= {"rho_nmi": (place >> 16) * _RANGE_NMI, "theta_deg": (place & 0xFFFF) * _TURN_DEG}
    if (level := _unsigned(record, "090")) is not None:
        items["flight_level"] = _signed(level & 0x3FFF, 14) / 4
        items["level_valid"] = not level >> 15
    if (code := _unsigned(record, "070")) is not None:
        items["mode3a"] = f"{code & 0xFFF:04o}"
    if (address := _unsigned(record, "220")) is not None:
        items["icao_address"] = f"{address:06X}"
    if (motion := _unsigned(record, "200")) is not None:
        items |= {"ground_speed": (motion >> 16) * _SPEED_KT, "heading_deg": (motion & 0xFFFF) * _TURN_DEG}
    if (kind := record.get_item("020")) is not None:
        items["typ"] = kind.unparse().to_bytes()[0] >> 5
    return items


def _service(record: Any) -> dict[str, Any]:
    items = _common(record, "030")
    if (kind := _unsigned(record, "000")) is not None:
        items["message_type"] = kind
    if (turn := _unsigned(record, "041")) is not None:
        items["rotation_s"] = turn * _TIME_S
    return items


def _system_track(record: Any) -> dict[str, Any]:
    items = _common(record, "070")
    if (place := _unsigned(record, "105")) is not None:
        items |= {"lat": _signed(place >> 32, 32) * _LAT_LON_DEG, "lon": _signed(place & 0xFFFFFFFF, 32) * _LAT_LON_DEG}
    if (number := _unsigned(record, "040")) is not None:
        items["track_number"] = number
    return items


_READERS = {_PLOTS: _plot, _SERVICE: _service, _SYSTEM_TRACKS: _system_track}

# ------------------------------------------------------------------------------------------------------------- scans


@dataclass
class _Turn:
    """The turn of an antenna that is being read."""

    plots: list[tuple[float, float, float]]
    began_s: float
    azimuth_deg: float
    latest_s: float
    """Latest time of day, continued over midnight."""
    ended_s: float = -math.inf
    """Latest plot of the turns before."""


class AsterixPlots:
    """Scans of a recording of category 048, one radar a source (SAC/SIC); iterate over it once."""

    dimensions = 2

    def __init__(self, path: Path, errors: Mapping[str, float], period_s: float | None) -> None:
        """`errors` holds `range_sd_m` and `azimuth_sd_rad`. A turn ends at north, or with `period_s` after that time."""
        self.rejects = Rejects()
        for name in ("range_sd_m", "azimuth_sd_rad"):
            if name not in errors:
                option = "--" + name.rpartition("_")[0].replace("_", "-")
                raise InputError(f"{path}: ASTERIX does not say how large the errors are; state them with {option}")
        _codec()
        self._path, self._errors, self._period_s = path, errors, period_s

    def __iter__(self) -> Iterator[Scan]:
        """Scans in the order of their ends."""
        turns: dict[str, _Turn] = {}
        for record in records(self._path, self.rejects):
            if record.category != _PLOTS:
                continue
            if (plot := self._usable(record)) is None:
                continue
            radar, time_s = f"{record.items['sac']}/{record.items['sic']}", record.items["time_of_day_s"]
            turn = turns.setdefault(radar, _Turn([], time_s, plot[1], time_s))
            time_s += _DAY_S * round((turn.latest_s - time_s) / _DAY_S)
            if self._over(turn, time_s, plot[1]):
                if turn.plots:
                    yield self._scan(radar, turn)
                turn.plots, turn.began_s = [], time_s
            turn.azimuth_deg, turn.latest_s = plot[1], max(turn.latest_s, time_s)
            if time_s <= turn.ended_s:
                self.rejects.add("plot older than the turn before", record.place)
                continue
            turn.plots.append((time_s, *plot))
        yield from (self._scan(radar, turn) for radar, turn in turns.items() if turn.plots)

    def _over(self, turn: _Turn, time_s: float, azimuth_deg: float) -> bool:
        if self._period_s is not None:
            return time_s - turn.began_s >= self._period_s
        return turn.azimuth_deg - azimuth_deg > _HALF_TURN_DEG and time_s - turn.began_s >= _LEAST_TURN_S

    def _usable(self, record: Record) -> tuple[float, float] | None:
        """(range over ground in metres, azimuth in degrees) of a plot."""
        items = record.items
        if missing := [name for name in ("sac", "time_of_day_s", "rho_nmi") if name not in items]:
            self.rejects.add(f"plot without {_SAID[missing[0]]}", record.place)
            return None
        if items.get("typ") == 0:
            self.rejects.add("report without a detection", record.place)
            return None
        slant_m = items["rho_nmi"] * _NMI_M
        if slant_m <= 0.0:
            self.rejects.add("plot at range 0", record.place)
            return None
        high_m = items["flight_level"] * _FL_M if items.get("level_valid") else 0.0
        return math.sqrt(max(slant_m**2 - high_m**2, 1.0)), items["theta_deg"]

    def _scan(self, radar: str, turn: _Turn) -> Scan:
        sheet = np.array(turn.plots)
        turn.ended_s = float(sheet[:, 0].max())
        ones = np.ones(len(sheet))
        columns = {"time_s": sheet[:, 0], "range_m": sheet[:, 1], "azimuth_rad": np.radians(sheet[:, 2])}
        columns |= {name: self._errors[name] * ones for name in ("range_sd_m", "azimuth_sd_rad")}
        return Scan(radar, turn.ended_s, columns)


_SAID = {"sac": "a source", "time_of_day_s": "a time", "rho_nmi": "a measured position"}
