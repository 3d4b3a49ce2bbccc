"""When jobs recur: rules of RFC 5545 by the clock of a zone, in summer, in winter and on the days between."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from patron_core.hookspecs import Job
from patron_core.jobs.schedule import check_schedule, next_time

BERLIN = "Europe/Berlin"


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("rule", "zone", "after", "then"),
    [
        ("FREQ=HOURLY", "UTC", "2026-03-14T12:00", "2026-03-14T13:00"),
        ("FREQ=HOURLY", "Asia/Kolkata", "2026-03-14T12:00", "2026-03-14T13:00"),
        ("FREQ=HOURLY;BYMINUTE=15,45", "UTC", "2026-03-14T12:15", "2026-03-14T12:45"),
        ("FREQ=MINUTELY;INTERVAL=5", "UTC", "2026-03-14T12:04:59", "2026-03-14T12:05"),
        ("FREQ=DAILY;BYHOUR=2", "UTC", "2026-03-14T02:00", "2026-03-15T02:00"),
        ("FREQ=DAILY;BYHOUR=2", "Asia/Kolkata", "2026-03-14T12:00", "2026-03-14T20:30"),
        ("FREQ=DAILY;BYHOUR=2", BERLIN, "2026-01-14T12:00", "2026-01-15T01:00"),
        ("FREQ=DAILY;BYHOUR=2", BERLIN, "2026-07-14T12:00", "2026-07-15T00:00"),
        ("FREQ=WEEKLY;BYDAY=MO", BERLIN, "2026-03-14T12:00", "2026-03-15T23:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=23", "UTC", "2028-02-01T00:00", "2028-02-29T23:00"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "UTC", "2026-03-14T12:00", "2028-02-29T00:00"),
    ],
)
def test_the_next_time_of_a_rule(rule: str, zone: str, after: str, then: str) -> None:
    assert next_time(rule, after=utc(after), zone=zone) == utc(then)


def days_of_change(after: str) -> list[dt.datetime]:
    """Three nights' two o'clock in Berlin, as UTC."""
    found, moment = [], utc(after)
    for _ in range(3):
        following = next_time("FREQ=DAILY;BYHOUR=2", after=moment, zone=BERLIN)
        assert following is not None
        moment = following
        found.append(moment)
    return found


def test_two_o_clock_that_a_spring_day_skips_is_an_hour_later_by_the_clock_and_comes_once() -> None:
    assert days_of_change("2026-03-27T12:00") == [
        utc("2026-03-28T01:00"),
        utc("2026-03-29T01:00"),  # three o'clock by the new clock
        utc("2026-03-30T00:00"),
    ]


def test_two_o_clock_that_an_autumn_day_has_twice_is_the_first_and_comes_once() -> None:
    assert days_of_change("2026-10-23T12:00") == [
        utc("2026-10-24T00:00"),
        utc("2026-10-25T00:00"),
        utc("2026-10-26T01:00"),
    ]


def test_hours_go_on_evenly_over_a_change_of_the_clock() -> None:
    moment, found = utc("2026-10-24T22:30"), []
    for _ in range(4):
        following = next_time("FREQ=HOURLY", after=moment, zone=BERLIN)
        assert following is not None
        moment = following
        found.append(moment.hour)
    assert found == [23, 0, 1, 2]


@pytest.mark.parametrize("rule", ["FREQ=DAILY;INTERVAL=3;BYHOUR=4", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO"])
def test_intervals_of_days_and_weeks_are_counted_from_the_same_beginning_whenever_one_asks(rule: str) -> None:
    one_by_one, moment = [], utc("2024-01-20T12:00")
    while moment < utc("2026-12-01T00:00"):
        found = next_time(rule, after=moment, zone=BERLIN)
        assert found is not None
        one_by_one.append(moment := found)

    first, last = (each.astimezone(ZoneInfo(BERLIN)).replace(tzinfo=None) for each in (one_by_one[0], one_by_one[-1]))
    told = rrulestr(rule, dtstart=dt.datetime(2024, 1, 1)).between(first, last, inc=True)  # noqa: DTZ001 - by Berlin's clock
    assert [each.replace(tzinfo=ZoneInfo(BERLIN)) for each in told] == one_by_one


def test_a_rule_that_ends_has_no_next_time() -> None:
    assert next_time("FREQ=DAILY;UNTIL=20260101T000000", after=utc("2026-03-14T12:00")) is None


@pytest.mark.parametrize(
    "rule",
    ["", "often", "FREQ=NEVER", "BYHOUR=2", "FREQ=DAILY;COUNT=3", "FREQ=SECONDLY", "FREQ=DAILY;BYSECOND=1",
     "FREQ=DAILY;BYHOUR=99", "FREQ=DAILY;MOON=FULL", "FREQ=DAILY;INTERVAL=0", "DTSTART=20260101T000000;FREQ=DAILY"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_where_it_is_declared(rule: str) -> None:
    with pytest.raises(ValueError, match="schedule"):
        check_schedule(rule)
    with pytest.raises(ValueError, match="schedule"):
        Job(name="test.job", description="A test.", schedule=rule, run=lambda uow: None)


def test_a_job_has_one_thing_to_do_and_a_zone_that_there_is() -> None:
    with pytest.raises(ValueError, match="needs `run` or `step`"):
        Job(name="test.job", description="A test.", schedule="FREQ=DAILY")
    with pytest.raises(ValueError, match="no time zone"):
        Job(name="test.job", description="A test.", run=lambda uow: None, timezone="Middle/Earth")
