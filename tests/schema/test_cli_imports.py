"""The commands around imports: mappings, files of errors that are mended and imported, lists of runs, undo."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.schema.test_cli import ok, refused, run, tenant, url

from patron_core.imports.mapping import parse_mapping
from patron_core.imports.suggestion import suggest

__all__ = ["tenant", "url"]

SALES = "store,receipt_no,sold_at,loyalty_no,currency,sku,item,quantity,price\n"
GOOD = "S,1,2026-01-05T09:14:00Z,,EUR,A,Thing,1,2.00\n"


def sales(folder: Path, *rows: str) -> Path:
    file = folder / "sales.csv"
    file.write_text(SALES + "".join(rows))
    return file


def test_bad_rows_are_mended_in_the_file_of_errors_and_imported_from_there(tenant: str, tmp_path: Path) -> None:
    rows = [
        'S,2,2026-01-05T09:15:00Z,,EUR,B,"Two\nlines",1,two\n',
        "S,3,2026-01-05,,EUR,C,Short\n",
        "S,2x,oops,,EUR,B,x,1,1\n",
    ]
    file, errors = sales(tmp_path, GOOD, *rows), tmp_path / "errors.csv"
    command = ("import", "csv", "--mapping", "pos-sales", "--tenant", tenant, "--errors")

    first = run(*command, str(errors), str(file))

    assert first.exit_code == 1
    assert re.search(r"created +1  transactions", first.stdout), first.output
    assert errors.stat().st_mode & 0o777 == 0o600
    text = errors.read_text("utf-8-sig")
    kept = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[1] for row in kept] == ["patron_line", "4", "5", "6"]
    assert kept[0][6:] == SALES.strip().split(",")
    assert '"Two\nlines",1,two' in text
    mended = (
        text.replace("Two\nlines", "Two lines")
        .replace(",1,two", ",1,2.50")
        .replace("C,Short", "C,Short,1,3.00")
        .replace("oops", "2026-01-06")
    )
    errors.write_text(mended, "utf-8-sig")
    second = run(*command, str(tmp_path / "more.csv"), str(errors))
    assert second.exit_code == 0, second.output
    assert re.search(r"created +3  transactions", second.stdout)
    assert not (tmp_path / "more.csv").exists()
    assert "There is such a file already" in refused(*command, str(errors), str(file))


def test_bad_objects_are_kept_as_json_lines(tenant: str, tmp_path: Path) -> None:
    mapping = tmp_path / "people.json"
    mapping.write_text(
        json.dumps(
            {
                "version": 1,
                "target": "customers",
                "source": "x",
                "key": ["id"],
                "fields": {"given_name": "n", "since": "s"},
            }
        )
    )
    file, errors = tmp_path / "people.jsonl", tmp_path / "errors.jsonl"
    file.write_text('{"id": 1, "n": "Ada", "s": "soon", "big": 12345678901234567890.123456789}\n{nothing}\n')

    run("import", "jsonl", str(file), "--mapping", str(mapping), "--tenant", tenant, "--errors", str(errors))

    text = errors.read_text("utf-8-sig")
    first, second = (json.loads(line) for line in text.splitlines())
    assert "12345678901234567890.123456789" in text
    assert (first["n"], first["patron"]["patron_line"], first["patron"]["patron_column"]) == ("Ada", "1", "s")
    assert second["patron"]["patron_row"] == "{nothing}"
    errors.write_text(text.replace('"soon"', '"2026-01-01"'), "utf-8-sig")
    assert re.search(
        r"created +1  customers",
        run("import", "jsonl", str(errors), "--mapping", str(mapping), "--tenant", tenant).stdout,
    )


def test_imports_are_listed_and_undone(tenant: str, tmp_path: Path) -> None:
    file = sales(tmp_path, GOOD)
    ok("import", "csv", str(file), "--mapping", "pos-sales", "--tenant", tenant)
    id_, format, name, state, *_ = ok("import", "list", "--tenant", tenant).split("\t")

    tried = run("import", "undo", id_, "--tenant", tenant, "--dry-run")
    done = ok("import", "undo", id_, "--tenant", tenant)

    assert (format, name, state) == ("csv", "sales.csv", "finished")
    assert re.search(r"reversed +1  rows of the ledger", tried.stdout)
    assert "nothing was taken back" in tried.stderr
    assert re.search(r"reversed +1  rows of the ledger", done)
    assert "undone" in ok("import", "list", "--tenant", tenant)
    assert "There is no such import" in refused("import", "undo", "nonsense", "--tenant", tenant)


def test_mappings_are_listed_shown_and_have_a_schema() -> None:
    names = [line.split("\t")[0] for line in ok("import", "mapping", "list").splitlines()]

    assert {"erp-invoices", "erp-orders", "erp-payments", "pos-sales"} <= set(names)
    assert parse_mapping(ok("import", "mapping", "show", "pos-sales")).target == "transactions"
    assert json.loads(ok("import", "mapping", "schema"))["$schema"].endswith("2020-12/schema")
    assert "no such bundled mapping" in refused("import", "mapping", "show", "nothing")


@pytest.mark.parametrize(
    ("columns", "target", "fields"),
    [
        ("id,First Name,Last-Name,E-Mail,Town", "customers", {"given_name": "First Name", "family_name": "Last-Name"}),
        (
            "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Currency",
            "transactions",
            {"customer": "CustomerID", "occurred_at": "InvoiceDate"},
        ),
        ("id,customer_id,date,subject,channel,direction", "touchpoints", {"topic": "subject"}),
    ],
)
def test_a_mapping_is_proposed_from_the_names_of_columns(
    columns: str, target: str, fields: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "new.csv"
    file.write_text(f"{columns}\n")

    mapping = parse_mapping(ok("import", "mapping", "suggest", str(file), "--source", "shop"))

    assert (mapping.target, mapping.source) == (target, "shop")
    assert {name: mapping.fields[name].column for name in fields} == fields


def test_columns_that_fit_nothing_are_named_and_what_is_needed_is_asked_for() -> None:
    text = suggest(["a", 'q"uote'], source="x", target="transactions")

    assert 'Not used: "q\\"uote"' in text
    assert "amount = " in text
    assert "needed" in text
