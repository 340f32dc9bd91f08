import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.report.table import Table, spread


@pytest.mark.parametrize(
    ("total", "count", "numbers"),
    [(0, 3, []), (2, 3, [0, 1]), (3, 3, [0, 1, 2]), (9, 3, [1, 4, 7]), (100, 2, [25, 75])],
)
def test_numbers_at_equal_distances(total, count, numbers):
    assert spread(total, count) == numbers


def test_rows_over_files_and_row_groups(tmp_path):
    rows = [{"id": str(i), "reason": None if i == 6 else "ab"[i % 2]} for i in range(7)]
    for name, part in (("0", rows[:5]), ("1", rows[5:])):
        pq.write_table(pa.Table.from_pylist(part), tmp_path / name, row_group_size=2)
    table = Table([tmp_path / "0", tmp_path / "1"])
    assert len(table) == 7
    assert list(table.rows([6, 0, 4], ("id", "absent"))) == [{"id": "6"}, {"id": "0"}, {"id": "4"}]
    assert {value: found.tolist() for value, found in table.by_value("reason").items()} == {
        "": [6],
        "a": [0, 2, 4],
        "b": [1, 3, 5],
    }
    assert table.numbers_of("id", ["5", "2", "9"]) == [2, 5]
    assert (len(Table([])), Table([]).by_value("id")) == (0, {})
