"""Readers of recorded plots: CSV with units in the names of columns, and ASTERIX made by the codec itself."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest

from openiads.errors import InputError
from openiads.interop.adsb import read_traffic
from openiads.interop.asterix import AsterixPlots, records
from openiads.interop.plots_csv import CsvPlots, CsvTruth
from openiads.records.scans import Rejects

SDS = {"range_sd_m": 50.0, "azimuth_sd_rad": 0.002}


@pytest.fixture
def written(tmp_path):
    def write(text, name="plots.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


# --- CSV ------------------------------------------------------------------------------------------------------------------------


def test_columns_come_in_their_units_and_scans_in_their_order(written) -> None:
    text = (
        "scan,time_s,range_km,azimuth_deg,range_sd_m,azimuth_sd_deg,note\n0,0.5,10,90,30,0.1,a\n0,1,2e1,180,30,0.1,b\n1,4,10,91,30,0.1,c\n"
    )
    plots = CsvPlots(written(text), {}, None)
    first, second = list(plots)
    assert (first.time_s, second.time_s, plots.dimensions, plots.rejects.counts.total()) == (1.0, 4.0, 2, 0)
    assert first.plots["range_m"].tolist() == [10_000.0, 20_000.0]
    assert first.plots["azimuth_rad"] == pytest.approx([math.pi / 2, math.pi])
    assert first.plots["azimuth_sd_rad"] == pytest.approx(math.radians(0.1))


def test_a_period_makes_scans_and_a_pause_makes_empty_ones(written) -> None:
    text = "time_s,x_m,y_m\n0,1,2\n3.9,1,2\n4,1,2\n13,1,2\n"
    scans = list(CsvPlots(written(text), {"sd_m": 10.0}, 4.0))
    assert [len(scan.plots["time_s"]) for scan in scans] == [2, 1, 0, 1]
    assert [round(scan.time_s, 6) for scan in scans] == [3.9, 4.0, 12.0, 13.0]


def test_radars_have_scans_of_their_own(written) -> None:
    text = "time_s,scan,radar,x_m,y_m,z_m,sd_m\n0,1,a,0,0,0,5\n0.1,8,b,0,0,0,5\n0.2,1,a,0,0,0,5\n4,2,a,0,0,0,5\n"
    scans = list(CsvPlots(written(text), {}, None))
    assert sorted((scan.radar, scan.time_s, len(scan.plots["x_m"])) for scan in scans) == [("a", 0.2, 2), ("a", 4.0, 1), ("b", 0.1, 1)]


def test_rows_that_cannot_be_read_are_counted_and_named(written) -> None:
    rows = ["0,1,2", "x,1,2", "0,1", "0.5,,2", "0.6,nan,2", "1,1,2", "5,1,2", "0.7,1,2", "6,1,2"]
    plots = CsvPlots(written("\n".join(["time_s,x_m,y_m", *rows])), {"sd_m": 10.0}, 4.0)
    assert [len(scan.plots["x_m"]) for scan in plots] == [2, 2]
    assert plots.rejects.lines() == [
        "1 x time is not a number, first at line 3",
        "1 x wrong number of columns, first at line 4",
        "1 x no x, first at line 5",
        "1 x x is not a number, first at line 6",
        "1 x older than the scan before, first at line 9",
    ]


@pytest.mark.parametrize(
    ("header", "errors", "period_s", "message"),
    [
        ("time_s,range_m", {}, 4.0, "range_m and azimuth_deg, or x_m and y_m"),
        ("x_m,y_m", {}, 4.0, "a column time_s is needed"),
        ("time_s,x_m,y_m", {}, 4.0, "no column sd_m; state it with --sd"),
        ("time_s,range_m,azimuth_deg", {"range_sd_m": 5.0}, 4.0, "state it with --azimuth-sd"),
        ("time_s,x_m,y_m,sd_m", {}, None, "--period"),
        ("time_s,x_m,x_km,y_m,sd_m", {}, 4.0, "x stands twice"),
        ("time_s,range_m,azimut_deg", SDS, 4.0, "did you mean"),
    ],
)
def test_headers_that_cannot_serve(written, header, errors, period_s, message) -> None:
    with pytest.raises(InputError, match=message):
        CsvPlots(written(f"{header}\n"), errors, period_s)


def test_truth_lies_on_the_line_between_its_rows(written) -> None:
    text = "time_s,target,x_m,y_km,vx_m_s,vy_mps\n0,A,0,1,10,0\n10,A,100,1,10,0\n4,B,5,5,0,0\n6,B,5,5,0,0\n"
    truth = CsvTruth(written(text), 2)
    at = truth.at(5.0)
    assert (at.ids.tolist(), at.pos_m.tolist()) == ([0, 1], [[50.0, 1000.0], [5.0, 5000.0]])
    assert at.vel_mps is not None
    assert at.vel_mps[0].tolist() == [10.0, 0.0]
    assert truth.at(8.0).ids.tolist() == [0]
    assert truth.at(11.0).pos_m.shape == (0, 2)
    with pytest.raises(InputError, match="line 3"):
        CsvTruth(written("time_s,id,x_m,y_m\n0,A,1,1\n1,A,x,1\n"), 2)


# --- ASTERIX --------------------------------------------------------------------------------------------------------------------


def block(*plots, sac=1, sic=2, typ=1):
    """A data block of category 048 with plots of (time of day, nautical miles, degrees, flight level or None)."""
    from asterix import generated

    cat = generated.Cat_048_1_32
    made = []
    for time_s, rho, theta, level in plots:
        items = {
            "010": (("SAC", sac), ("SIC", sic)),
            "140": int(time_s * 128),
            "020": ((("TYP", typ), 0, 0, 0, 0, None),),
            "040": (("RHO", (rho, "NM")), ("THETA", (theta, "°"))),
        }
        if level is not None:
            items["090"] = (0, 0, ("FL", (level, "FL")))
        made.append(cat.cv_record.create(items))
    return cat.create(made).unparse().to_bytes()


def captured(*payloads):
    """A pcap file of Ethernet frames with one UDP datagram each, padded as a card pads them."""
    out = b"\xd4\xc3\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, 65535, 1)
    for payload in payloads:
        udp = struct.pack(">HHHH", 1, 2, len(payload) + 8, 0) + payload
        frame = bytes(12) + b"\x08\x00" + b"\x45" + bytes(8) + b"\x11" + bytes(10) + udp + bytes(6)
        out += struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame
    return out


def test_plots_of_a_block_in_both_wrappings(written) -> None:
    data = block((100.0, 50.0, 90.0, None), (100.5, 60.0, 180.0, 300.0))
    for name, content in (("bare.raw", data), ("net.pcap", captured(data))):
        [scan] = AsterixPlots(written(content, name), SDS, None)
        assert (scan.radar, scan.time_s) == ("1/2", 100.5)
        height_m = 300.0 * 30.48
        assert scan.plots["range_m"] == pytest.approx([50 * 1852.0, math.sqrt((60 * 1852.0) ** 2 - height_m**2)], rel=1e-12)
        assert scan.plots["azimuth_rad"] == pytest.approx([math.pi / 2, math.pi], abs=math.radians(360 / 65536))
        assert scan.plots["range_sd_m"].tolist() == [50.0, 50.0]


def test_turns_end_at_north_and_time_goes_on_over_midnight(written) -> None:
    day = 86_400.0
    plots = [
        (day - 3.0, 50.0, 100.0, None),
        (day - 1.0, 50.0, 350.0, None),
        (1.0, 50.0, 10.0, None),
        (4.0, 50.0, 200.0, None),
        (6.0, 50.0, 5.0, None),
    ]
    scans = list(AsterixPlots(written(b"".join(block(p) for p in plots), "x.ast"), SDS, None))
    assert [scan.plots["time_s"].tolist() for scan in scans] == [[day - 3, day - 1], [day + 1, day + 4], [day + 6]]


def test_what_is_damaged_is_counted_and_the_rest_is_read(written) -> None:
    good = block((10.0, 50.0, 90.0, None))
    broken = bytes([48, 0, 6, 0xFF, 0xFF, 0xFF])  # names items that are not there
    idle = block((11.0, 50.0, 95.0, None), typ=0)
    path = written(captured(good, broken, good[:-2], idle, b"\x30\x00"), "x.pcap")
    plots = AsterixPlots(path, SDS, None)
    assert sum(len(scan.plots["time_s"]) for scan in plots) == 1
    assert plots.rejects.counts == {
        "block of category 048 that breaks its specification": 1,
        "datagram whose blocks do not add up": 2,
        "report without a detection": 1,
    }
    cut = written(captured(good, good)[:-20], "cut.pcap")
    rejects = Rejects()
    assert len(list(records(cut, rejects))) == 1
    assert rejects.lines() == ["1 x frame that is cut off, first at frame 1"]
    rejects = Rejects()
    assert len(list(records(written(good + b"\x30\x00\x01" + good, "cut.raw"), rejects))) == 1
    assert rejects.lines() == [f"1 x block whose length cannot be; the rest of the file is not read, first at byte {len(good)}"]


def test_asterix_needs_the_errors_of_the_radar(written) -> None:
    with pytest.raises(InputError, match="--azimuth-sd"):
        AsterixPlots(written(b"", "x.raw"), {"range_sd_m": 70.0}, None)


# --- ADS-B ----------------------------------------------------------------------------------------------------------------------


def test_traffic_in_rows_and_in_columns_and_folded(written) -> None:
    rows = [
        {"timestamp": t * 1000, "icao24": who, "callsign": "X", "latitude": 47.0, "longitude": 8.0, "altitude": None if t == 90 else 1000.0}
        for t, who in ((0, "a"), (50, "b"), (90, "a"), (130, "a"))
    ]
    columns = {name: {str(k): row[name] for k, row in enumerate(rows)} for name in rows[0]}
    for content in (rows, columns):
        traffic = read_traffic(written(json.dumps(content), "t.json"))
        assert traffic.alt_m == pytest.approx([304.8, 304.8, math.nan, 304.8], nan_ok=True)
        time_s, flight, flights = traffic.folded(100.0)
        assert (time_s.tolist(), flights) == ([0.0, 50.0, 90.0, 30.0], 3)
        assert flight[0] == flight[2] != flight[3]
        assert traffic.airborne_at_once(flight, time_s, 100.0).tolist() == [3]
    with pytest.raises(InputError, match="no 'icao24'"):
        read_traffic(written(json.dumps([{"timestamp": 1}]), "bad.json"))
    with pytest.raises(InputError, match="is no JSON"):
        read_traffic(written("{", "bad.json"))


def test_arrays_are_plain(written) -> None:
    [scan] = CsvPlots(written("time_s,x_m,y_m,radial_mps,radial_sd_mps,sd_m\n0,1,2,,,9\n1,1,2,5,1,9\n"), {}, 4.0)
    assert np.isnan(scan.plots["radial_mps"]).tolist() == [True, False]
