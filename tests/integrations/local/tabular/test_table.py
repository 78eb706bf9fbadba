import gzip

import numpy as np
import pytest

from integrations.local.tabular.table import read_outcome, read_table
from kernel.errors import Invalid


def test_any_delimiter_and_encoding_and_gzip_give_the_same_table() -> None:
    plain = read_table("name,ort\nä,1\nb,2\n".encode())
    for data in ("name;ort\nä;1\nb;2\n".encode("cp1252"), gzip.compress("name\tort\nä\t1\nb\t2\n".encode("utf-16"))):
        assert dict(read_table(data).cells) == dict(plain.cells)


def test_a_damaged_gzip_is_refused_with_a_remedy() -> None:
    packed = gzip.compress(b"a,b\n1,2\n" * 1000)
    for broken in (packed[:40], packed[:-4], packed[:20] + b"xx" + packed[22:]):
        with pytest.raises(Invalid, match="damaged or cut off"):
            read_table(broken)


def test_blank_rows_are_left_out_and_numbers_are_those_of_the_file() -> None:
    table = read_table(b"a,b\n1,2\n,\n3,4\n")
    assert list(table.numbers) == [1, 3]


@pytest.mark.parametrize(("values", "won"), [("1,0,1", 2), ("yes,no,no", 1), ("Won,lost,lost", 1), ("TRUE,FALSE,", 1)])
def test_the_won_value_is_guessed_where_it_is_plain(values: str, won: int) -> None:
    table = read_table(("x,t\n" + "".join(f"1,{value}\n" for value in values.split(","))).encode())
    outcome = read_outcome(table, "T ")
    assert int(np.sum(outcome.won)) == won
    assert outcome.open_rows == values.split(",").count("")


@pytest.mark.parametrize("values", ["a,b,a", "1,yes,1", "1,1,1", "1,0,2"])
def test_an_unclear_outcome_asks_for_the_won_value(values: str) -> None:
    table = read_table(("x,t\n" + "".join(f"1,{value}\n" for value in values.split(","))).encode())
    with pytest.raises(Invalid) as caught:
        read_outcome(table, "t")
    assert "--positive" in caught.value.fields[0].remedy


def test_a_named_won_value_must_occur_and_makes_all_others_lost() -> None:
    table = read_table(b"x,t\n1,bound\n2,lost\n3,duplicate\n")
    assert read_outcome(table, "t", "Bound").won.tolist() == [True, False, False]
    with pytest.raises(Invalid):
        read_outcome(table, "t", "sold")


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    with pytest.raises(Invalid) as caught:
        read_outcome(read_table(b"x,t\n1,0\n2,1\n"), "y")
    assert caught.value.fields[0].value == "y"
    assert "x, t" in caught.value.fields[0].remedy


def test_row_keys_do_not_depend_on_the_order_of_columns() -> None:
    one, other = read_table(b"a,b\n1,2\n3,4\n"), read_table(b"b,a\n2,1\n4,3\n")
    assert one.row_keys() == other.row_keys()
    assert len(set(one.row_keys())) == 2
