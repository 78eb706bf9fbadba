"""What holds of every split, reversal and payment, whatever was sold."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commissions.explanation import explain
from domain.commissions.ledger import Account, Batch, Happening, Place, Posting, folded
from domain.commissions.licensing import Verdict
from domain.commissions.promoting import Caps, Promised
from domain.commissions.rates import Flat, Match, Percent, Rate, Tiered
from domain.commissions.splitting import Standing, balances, kept, lines_of
from domain.commissions.terms import Above, Sharer, Terms
from kernel.money import rounded
from tests.domain.commissions.recomputed import Deal, owed
from tests.domain.commissions.sales import CARRIER, NO, YES, Book, a_rate, a_sharer, above, some_terms

shares = st.decimals(0, 1, places=4)
verdicts = st.sampled_from([YES, YES, YES, NO])
people = st.sampled_from(["a", "b", "c", "d"])
bases = st.one_of(
    st.builds(Percent, shares),
    st.builds(Flat, st.integers(0, 100_000)),
    st.builds(
        lambda first, second, marginal: Tiered(((0, first), (50_000, second)), marginal), shares, shares, st.booleans()
    ),
)
rates = st.builds(Rate, st.just(Match()), bases, shares)
promised = st.lists(
    st.builds(
        Promised, st.just("x"), st.just("Spring"), st.integers(1, 10_000), st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    ),
    max_size=1,
).map(tuple)  # fmt: skip
sharers = st.builds(
    Sharer, people, st.just("writer"), st.fractions(Fraction(1, 1000), 1000), verdicts,
    st.decimals(1, Decimal("1.2"), places=2), st.none(),
    st.lists(st.builds(Above, people, verdicts), max_size=3).map(tuple),
)  # fmt: skip
plain = st.builds(
    Terms, st.just(1), st.just("0" * 64), rates, st.lists(shares, max_size=3).map(tuple), st.just("USD"),
    st.integers(-(10**8), 10**8), st.just(0), st.just(0), st.lists(sharers, min_size=1, max_size=6).map(tuple),
    st.integers(1, 12),
)  # fmt: skip
terms = st.builds(
    lambda made, first: replace(made, sharers=(replace(made.sharers[0], promised=first), *made.sharers[1:])),
    plain,
    promised,
)
parts = st.fractions(0, 1, max_denominator=400)


@given(terms)
def test_shares_and_the_house_are_together_the_commission(given_terms: Terms) -> None:
    sale = [one.minor for one in lines_of(given_terms) if one.source is Account.RECEIVABLE]
    assert sum(sale) == given_terms.gross


@given(terms, parts)
def test_whatever_is_kept_sums_to_zero_and_to_what_is_kept_in_all(given_terms: Terms, part: Fraction) -> None:
    found = balances(given_terms, CARRIER, Standing(part))
    assert sum(found.values()) == 0
    receivable = sum(minor for place, minor in found.items() if place.account is Account.RECEIVABLE)
    assert abs(receivable - given_terms.gross * part) <= Fraction(1, 2)
    full = {one.line: one.minor for one in lines_of(given_terms)}
    assert all(abs(minor) <= abs(full[line]) for line, minor in kept(given_terms, part).items())


@given(terms, st.lists(st.tuples(parts, st.booleans()), max_size=6), st.dictionaries(people, people, max_size=2))
def test_every_batch_sums_to_zero_and_reversing_everything_leaves_nothing(
    given_terms: Terms, steps: list[tuple[Fraction, bool]], heirs: dict[str, str]
) -> None:
    heirs = {before: after for before, after in heirs.items() if before != after}
    book = Book()
    for part, with_heirs in [(Fraction(1), False), *steps]:
        book.bring("sale", given_terms, Standing(part), heirs if with_heirs else {})
        expected = folded(
            Posting(place, minor) for place, minor in balances(given_terms, CARRIER, Standing(part)).items()
        )
        together = {place.account for place in expected}
        for account in together:
            assert sum(m for p, m in folded(book.of["sale"]).items() if p.account is account) == sum(
                m for p, m in expected.items() if p.account is account
            )
    book.bring("sale", given_terms, Standing(Fraction(0)))
    assert folded(posting for batch in book.batches for posting in batch.postings) == {}


@given(terms, parts, parts, st.dates(date(2025, 12, 1), date(2027, 1, 31)))
def test_a_promotions_bonus_comes_back_within_its_holding_and_stays_behind_it(
    given_terms: Terms, before: Fraction, after: Fraction, day: date
) -> None:
    book = Book()
    book.bring("sale", given_terms, Standing())
    book.bring("sale", given_terms, Standing(before))
    ended = given_terms.ended(day, before)
    book.bring("sale", ended, Standing(after))
    for one in (one for sharer in given_terms.sharers if sharer.licence.permits for one in sharer.promised):
        cost = sum(m for p, m in folded(book.of["sale"]).items() if p.account is Account.PROMOTION)
        assert cost == rounded(one.minor * (before if day >= one.until else after))
    assert explain(ended, CARRIER, Standing(after), folded(book.of.get("sale", ()))).agrees
    assert ended.ended(day, after) == ended, "what stands is not looked at again"
    assert ended.reinstated() == given_terms
    book.bring("sale", ended.ended(None, after), Standing(Fraction(0)))
    assert folded(posting for batch in book.batches for posting in batch.postings) == {}


def test_a_cap_is_never_gone_over_and_a_bonus_is_given_whole_or_not() -> None:
    caps = Caps(each=100, whole=250)
    assert caps.allow(50, given_them=50, given_all=200)
    assert not caps.allow(51, given_them=50, given_all=0)
    assert not caps.allow(60, given_them=0, given_all=200)
    assert Caps(None, None).allow(10**12, given_them=0, given_all=0)
    assert not Caps(0, None).allow(1, given_them=0, given_all=0)


@given(terms, parts, parts)
def test_two_steps_end_where_one_does(given_terms: Terms, first: Fraction, second: Fraction) -> None:
    twice, once = Book(), Book()
    twice.bring("sale", given_terms, Standing())
    twice.bring("sale", given_terms, Standing(first))
    twice.bring("sale", given_terms, Standing(second))
    once.bring("sale", given_terms, Standing(second))
    assert folded(twice.of.get("sale", ())) == folded(once.of.get("sale", ()))


@given(terms, parts)
def test_terms_survive_json_and_explain_every_cent(given_terms: Terms, part: Fraction) -> None:
    again = Terms.from_dict(given_terms.as_dict())
    assert again == given_terms
    posted = balances(given_terms, CARRIER, Standing(part))
    found = explain(again, CARRIER, Standing(part), posted)
    assert found.agrees
    assert all(one.kept == one.posted for one in found.lines if one.account != "fee")


@given(terms.filter(lambda one: abs(one.gross) > 10))
def test_an_explanation_says_when_the_ledger_has_another_cent(given_terms: Terms) -> None:
    posted = balances(given_terms, CARRIER, Standing())
    place = next(iter(posted))
    assert not explain(given_terms, CARRIER, Standing(), {**posted, place: posted[place] + 1}).agrees


def test_t45_a_batch_that_does_not_sum_to_zero_is_refused() -> None:
    cash, house = Place(Account.CASH, "", ""), Place(Account.HOUSE, "", "")
    Batch(Happening.RECEIVED, "USD", (Posting(cash, 1), Posting(house, -1)))
    for postings in ((Posting(cash, 1), Posting(house, -2)), (Posting(cash, 1),), ()):
        with pytest.raises(ValueError, match=r"sum to"):
            Batch(Happening.RECEIVED, "USD", postings)
    with pytest.raises(ValueError, match="nothing"):
        Posting(cash, 0)
    for account, owner in ((Account.PAYABLE, ""), (Account.CASH, "a")):
        with pytest.raises(ValueError, match="owner"):
            Posting(Place(account, owner, ""), 1)


@pytest.mark.parametrize("seed", range(5))
def test_a_simulated_history_agrees_to_the_cent_with_one_recomputed_another_way(seed: int) -> None:
    draw = random.Random(seed)
    book, deals = Book(), {}
    everyone = [f"p{number}" for number in range(8)]
    for number in range(200):
        name = f"sale{number}"
        sellers = draw.sample(everyone, draw.randint(1, 4))
        weights = [draw.randint(1, 99) for _ in sellers]
        house, rate = Decimal(draw.randint(0, 60)) / 100, Decimal(draw.randint(1, 30)) / 100
        premium = draw.choice([1, 1, 1, -1]) * draw.randint(1, 500_000)
        times = [draw.choice([Decimal(1), Decimal("1.05"), Decimal("1.2")]) for _ in sellers]
        uppers = [draw.sample([one for one in everyone if one != who], draw.randint(0, 2)) for who in sellers]
        overrides = (Decimal("0.07"), Decimal("0.03"))
        given_terms = some_terms(
            *(a_sharer(who, weight, multiplier=more, above=above(*up))
              for who, weight, more, up in zip(sellers, weights, times, uppers, strict=True)),
            premium=premium, rate=a_rate(str(rate), str(house)), overrides=overrides,
        )  # fmt: skip
        whole = sum(weights)
        percent = [(who, (1 - house) * weight) for who, weight in zip(sellers, weights, strict=True)]
        gross = int((abs(premium) * rate).quantize(Decimal(1), "ROUND_HALF_UP")) * (1 if premium > 0 else -1)
        deals[name] = Deal(
            gross, [*percent, ("", house * whole)], dict(enumerate(times)),
            {place: list(zip(up, overrides, strict=False)) for place, up in enumerate(uppers)},
        )  # fmt: skip
        book.bring(name, given_terms, Standing(released=draw.random() < 0.7))
    for _ in range(400):
        name = draw.choice(list(deals))
        if draw.random() < 0.5:
            below = draw.randint(1, 12)
            deals[name].kept = (draw.randint(0, below), below)
        standing = Standing(Fraction(*deals[name].kept), book.standing[name].released or draw.random() < 0.5)
        book.bring(name, book.terms[name], standing)
        if draw.random() < 0.2:
            book.pay(draw.choice(everyone))
    paid = {who: -book.balance(Account.IN_PAYMENT, who) for who in everyone}
    assert set(paid.values()) == {0}
    expected = owed(deals.values())
    cash = -book.balance(Account.CASH)
    assert cash > 0
    out = {
        who: sum(p.minor for b in book.batches if b.happening is Happening.PAYOUT for p in b.postings
                 if p.place == Place(Account.PAYABLE, who, ""))
        for who in everyone
    }  # fmt: skip
    assert sum(out.values()) == cash
    assert {who: book.owed(who) + out[who] for who in everyone} == {who: expected.get(who, 0) for who in everyone}
    given_away = book.balance(Account.BONUS) + book.balance(Account.OVERRIDE)
    assert -book.balance(Account.HOUSE) - given_away == expected.get("", 0)
    assert sum(minor for minor in folded(p for b in book.batches for p in b.postings).values()) == 0


def test_a_verdict_that_is_unknown_permits_nothing() -> None:
    doubtful = Verdict(permits=False, known=False, code="licence_unknown", reason="no licence data")
    book = Book()
    book.bring("sale", some_terms(a_sharer("a", licence=doubtful)), Standing())
    assert (book.owed("a"), book.balance(Account.WITHHELD, "a")) == (0, -10_000)
