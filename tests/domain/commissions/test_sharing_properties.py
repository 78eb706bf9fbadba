"""What holds of every shared month, whatever was earned and whoever may be paid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.commissions.ledger import Account
from domain.commissions.sharing import PERMITTED, Earned, SharedMonth

verdicts = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.sampled_from([PERMITTED, PERMITTED, "no_rule", "licence_unknown"])
)
earned = st.builds(
    Earned, st.sampled_from(["home", "auto"]), st.sampled_from(["FL", "TX"]), st.integers(-(10**9), 10**9), verdicts
)
months = st.builds(
    SharedMonth, st.just("2026-10"), st.just("USD"), st.just(1), st.integers(0, 10_000), st.just("law"),
    st.lists(earned, max_size=6).map(tuple),
)  # fmt: skip


@given(months)
def test_a_batch_sums_to_zero_and_gives_what_the_parts_do(month: SharedMonth) -> None:
    batch, given_ = month.batch(), month.given()
    assert (batch is None) == (not given_)
    if batch is not None:
        assert sum(one.minor for one in batch.postings) == 0
        owed = {one.place.owner: -one.minor for one in batch.postings if one.place.account is Account.PAYABLE}
        assert owed == given_
        assert all(minor > 0 for minor in owed.values())


@given(months)
def test_the_pool_is_split_exactly_and_never_more_than_the_share_of_what_was_earned(month: SharedMonth) -> None:
    parts = month.parts()
    assert sum(part.minor for part in parts) == (month.pool if parts else 0)
    assert (
        month.pool * 10_000 <= max(month.income, 0) * month.basis_points < (month.pool + 1) * 10_000 or not month.pool
    )
    for part in parts:
        permitted = {who for who, code in part.earned.verdicts.items() if code == PERMITTED}
        assert set(part.given) == permitted, "nobody else is given anything"
        assert sum(part.given.values()) == (part.minor if permitted else 0)
        assert not permitted or max(part.given.values()) - min(part.given.values()) <= 1


@given(months)
def test_a_month_that_earned_nothing_shares_nothing_and_the_frozen_basis_gives_the_same(month: SharedMonth) -> None:
    assert month.income > 0 or month.batch() is None
    assert SharedMonth.from_dict(month.as_dict()).given() == month.given()
