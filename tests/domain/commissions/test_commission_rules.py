"""Rules of the trade about commissions, each by its number in the list of rules (T29, T32 to T46; T23 and T24 for fees)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from domain.commissions.chargeback import Contract, ReturnPremium, Window, months_in_force
from domain.commissions.ledger import Account
from domain.commissions.licensing import Held, Verdict, licensed_on
from domain.commissions.matching import Expected, Outcome, matched, policy_key
from domain.commissions.payouts import Payable, due
from domain.commissions.plan import Plan
from domain.commissions.rates import Flat, Match, Percent, Rate, Term, Tiered
from domain.commissions.record import Chargebacks, RecordChange, of_record, successors
from domain.commissions.splitting import Standing, lines_of
from domain.commissions.terms import Party, spread
from domain.lines import Authority, Line
from domain.referral_law import Accrual, Event, Reward, law_table, may_accrue
from kernel.errors import Invalid
from kernel.money import apportion, rounded
from tests.domain.commissions.sales import NO, YES, Book, a_rate, a_sharer, above, some_terms

CASUALTY = frozenset({Authority.PROPERTY, Authority.CASUALTY})


def a_fee(licence: Verdict, event: Event, state: str = "NY", **facts: bool) -> Accrual:
    """What the law says of a flat fee for each referral, to somebody with this licence."""
    asked = Reward(state, event, date(2026, 11, 1), licensed=licence.licensed, client=False, flat=True, every=True)
    return may_accrue(replace(asked, **facts), law_table())


def test_t23_whoever_has_no_licence_is_paid_for_the_referral_and_never_for_the_sale() -> None:
    converted = a_fee(NO, Event.CONVERTED)
    assert (converted.allowed, converted.code) == (False, "forbidden")
    assert a_fee(NO, Event.REFERRED).allowed
    assert a_fee(YES, Event.CONVERTED).allowed


def test_t23_a_licence_of_which_nothing_is_known_and_a_state_that_nobody_read_pay_no_fee() -> None:
    unknown = licensed_on([], [CASUALTY], "NY", date(2026, 11, 1))
    assert unknown.licensed is None
    for event in Event:
        assert a_fee(unknown, event).code == "licence_unknown"
        assert [a_fee(one, event, "TX").code for one in (YES, NO)] == ["no_rule"] * 2


def test_t24_a_fee_to_a_client_or_a_credit_on_the_premium_is_refused() -> None:
    for facts in ({"client": True}, {"as_credit": True}):
        for licence in (YES, NO):
            verdict = a_fee(licence, Event.REFERRED, **facts)
            assert (verdict.allowed, verdict.code) == (False, "may_be_rebate")


def test_t29_the_house_pays_the_bonus_and_the_split_stays_the_commission() -> None:
    terms = some_terms(a_sharer("a", multiplier=Decimal("1.20")), a_sharer("b"))
    book = Book()
    book.bring("sale", terms, Standing())
    split = {one.payee: one.minor for one in lines_of(terms) if one.source is Account.RECEIVABLE}
    assert split == {"a": 5000, "b": 5000, "": 0}
    assert book.balance(Account.RECEIVABLE, "acme") == 10_000
    assert book.balance(Account.BONUS) == 1_000
    assert (book.owed("a"), book.owed("b")) == (6_000, 5_000)


def test_t29_with_a_house_share_the_agency_gives_the_bonus_out_of_its_own() -> None:
    book = Book()
    sharer = a_sharer("a", multiplier=Decimal("1.20"))
    book.bring("sale", some_terms(sharer, rate=a_rate(house="0.5")), Standing())
    kept = -book.balance(Account.HOUSE) - book.balance(Account.BONUS)
    assert (book.owed("a"), kept) == (6_000, 4_000)


def test_t32_a_pools_shares_are_those_of_the_day_of_earning() -> None:
    party = Party(Fraction(1), "writer", pool="north")
    earned = spread([party], {"north": [("a", Fraction(1)), ("b", Fraction(1))]})
    terms = some_terms(*(a_sharer(who, str(weight), pool=pool) for who, _, weight, pool in earned))
    book = Book()
    book.bring("sale", terms, Standing())
    # b leaves between; what was frozen pays, whatever the pool is now
    book.bring("sale", terms, Standing(released=True))
    assert (book.pay("a"), book.pay("b")) == (5_000, 5_000)
    assert spread([party], {"north": [("a", Fraction(1))]}) == [("a", "writer", Fraction(1), "north")]


def test_t32_a_pool_without_members_is_refused() -> None:
    with pytest.raises(Invalid, match="no members"):
        spread([Party(Fraction(1), "writer", pool="north")], {})


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10_000, [1, 1, 1], [3_334, 3_333, 3_333]),
        (61_235, [50, 30, 20], [30_618, 18_370, 12_247]),
        (5, [50, 50], [3, 2]),
        (-5, [50, 50], [-3, -2]),
    ],
)
def test_t33_shares_add_up_by_the_largest_remainder(total: int, weights: list[int], parts: list[int]) -> None:
    assert apportion(total, weights) == parts
    sharers = [a_sharer(str(index), weight) for index, weight in enumerate(weights)]
    terms = some_terms(*sharers, premium=total, rate=a_rate("1"))
    assert [one.minor for one in lines_of(terms)][: len(parts)] == parts


def test_t33_no_precision_decides_a_tie() -> None:
    huge = 10**30
    assert apportion(10, [huge + 1, huge]) == [5, 5]
    assert apportion(1, [Fraction(huge, 2 * huge + 1), Fraction(huge + 1, 2 * huge + 1)]) == [0, 1]


def test_t34_halves_round_up_in_exact_decimals() -> None:
    assert rounded(Decimal("267.5")) == 268
    assert rounded(Decimal("12.5")) == 13
    assert rounded(Decimal("-12.5")) == -13
    assert rounded(Decimal("0.125") * 100) == int((Decimal("0.125") * 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert Percent(Decimal("0.025")).on(100) == 3


def test_t35_reversals_in_steps_are_together_the_original_for_each_person() -> None:
    terms = some_terms(a_sharer("a", 50), a_sharer("b", 30), a_sharer("c", 20), premium=61_235, rate=a_rate("1"))
    book = Book()
    book.bring("sale", terms, Standing())
    book.bring("sale", terms, Standing(Fraction(1, 3)))
    assert sum(book.owed(who) for who in "abc") == rounded(Fraction(61_235, 3))
    book.bring("sale", terms, Standing(Fraction(0)))
    assert [book.owed(who) for who in "abc"] == [0, 0, 0]
    assert book.balance(Account.RECEIVABLE, "acme") == 0


def test_t36_an_advance_owes_back_its_unearned_months() -> None:
    terms = some_terms(a_sharer("a"), premium=6_800, rate=a_rate("1"), months=9)
    window = Window(0, 9)
    book = Book()
    book.bring("life", terms, Standing(released=True))
    assert book.pay("a") == 61_200
    months = months_in_force(date(2026, 1, 15), date(2026, 5, 15))
    book.bring("life", terms, Standing(window.retained(months), released=True))
    assert months == 4
    assert book.owed("a") == -34_000


@pytest.mark.parametrize(
    ("months", "kept"),
    [(0, Fraction(0)), (5, Fraction(0)), (6, Fraction(1, 2)), (9, Fraction(3, 4)), (12, Fraction(1))],
)
def test_t37_a_window_takes_all_back_then_the_unearned_months_then_nothing(months: int, kept: Fraction) -> None:
    assert Window(6, 12).retained(months) == kept


def test_t37_the_contract_table_decides_and_what_it_lacks_is_refused() -> None:
    life = Contract(Match(lines=frozenset({Line.LIFE})), Window(6, 12), advance=9)
    home = Contract(Match(lines=frozenset({Line.HOME})), ReturnPremium())
    plan = Plan((a_rate(),), (life, home))
    assert plan.contract(Line.LIFE, "Acme", "FL", Term.NEW) is life
    assert plan.contract(Line.HOME, "Acme", "FL", Term.NEW) is home
    with pytest.raises(Invalid, match="contracts have no row"):
        plan.contract(Line.AUTO, "Acme", "FL", Term.NEW)


@pytest.mark.parametrize("ends", [date(2026, 2, 28), date(2026, 3, 30), date(2026, 3, 31)])
def test_months_are_counted_from_the_first_day_and_never_from_the_last(ends: date) -> None:
    whole = {date(2026, 2, 28): 1, date(2026, 3, 30): 1, date(2026, 3, 31): 2}
    assert months_in_force(date(2026, 1, 31), ends) == whole[ends]


def test_t38_a_debt_is_carried_and_never_made_nothing() -> None:
    assert due(Payable("a", "USD", -34_000), 0) == (0, "owed_back")
    book = Book()
    advance = some_terms(a_sharer("a"), premium=6_800, rate=a_rate("1"), months=9)
    book.bring("life", advance, Standing(released=True))
    book.pay("a")
    book.bring("life", advance, Standing(Fraction(4, 9), released=True))
    book.bring("next", some_terms(a_sharer("a"), premium=200_000), Standing(released=True))
    assert book.pay("a") == 0
    assert book.owed("a") == -14_000


def test_t39_a_refunded_sale_comes_back_once() -> None:
    book = Book()
    good = some_terms(a_sharer("a"), premium=100_000, rate=a_rate("0.8"))
    refunded = some_terms(a_sharer("a"), premium=10_000, rate=a_rate("0.8"))
    book.bring("refunded", refunded, Standing(released=True))
    assert book.pay("a") == 8_000
    book.bring("good", good, Standing(released=True))
    book.bring("refunded", refunded, Standing(Fraction(0), released=True))
    assert book.owed("a") == 72_000


def test_t40_brackets_have_no_gaps_and_mirror_below_zero() -> None:
    tiered = Tiered(((0, Decimal("0.10")), (100_000, Decimal("0.15"))))
    assert tiered.bracket(99_999) == 1
    assert tiered.bracket(100_000) == 2
    assert tiered.bracket(100_050) == 2
    rate = Rate(Match(), tiered, Decimal(0))
    assert rate.commission(100_050) == 15_008
    assert rate.commission(-100_050) == -15_008


def test_t40_marginal_brackets_rate_each_slice() -> None:
    tiered = Tiered(((0, Decimal("0.10")), (100_000, Decimal("0.15")), (200_000, Decimal("0.20"))), marginal=True)
    assert tiered.on(250_000) == 10_000 + 15_000 + 10_000
    assert tiered.on(50_000) == 5_000


@pytest.mark.parametrize("floors", [[], [1], [0, 0], [0, 200, 100]])
def test_t40_brackets_that_do_not_cover_every_premium_once_are_refused(floors: list[int]) -> None:
    with pytest.raises(Invalid, match="cover every premium once"):
        Tiered(tuple((floor, Decimal("0.1")) for floor in floors))


def test_t41_bounds_are_for_positive_commissions_only() -> None:
    bounded = a_rate("0.12", least=2_500, most=4_000)
    assert bounded.commission(10_000) == 2_500
    assert bounded.commission(100_000) == 4_000
    assert bounded.commission(-10_000) == -1_200
    assert bounded.commission(0) == 0
    assert a_rate("0.12", least=25).commission(-100) == -12


def test_t42_a_change_after_the_term_began_counts_from_the_next_term() -> None:
    change = RecordChange("old", "new", date(2026, 3, 1), date(2026, 2, 20))
    today = date(2026, 6, 1)
    assert of_record("old", date(2026, 1, 1), [change], today, 10).payee == "old"
    assert of_record("old", date(2026, 3, 1), [change], today, 10).payee == "new"
    assert of_record("old", date(2027, 1, 1), [change], today, 10).payee == "new"


def test_t42_a_change_that_may_still_be_taken_back_waits() -> None:
    change = RecordChange("old", "new", date(2026, 3, 1), date(2026, 2, 26))
    assert of_record("old", date(2026, 3, 1), [change], date(2026, 3, 1), 10).waits_until == date(2026, 3, 8)
    assert of_record("old", date(2026, 3, 1), [change], date(2026, 3, 8), 10).waits_until is None
    gone = RecordChange("old", "new", date(2026, 3, 1), date(2026, 2, 26), rescinded=True)
    assert of_record("old", date(2026, 3, 1), [gone], date(2026, 3, 8), 10).payee == "old"


def test_t42_worked_example_of_three_terms() -> None:
    renewal = Rate(Match(terms=frozenset({Term.RENEWAL})), Percent(Decimal("0.12")), Decimal(0))
    new = Rate(Match(terms=frozenset({Term.NEW})), Percent(Decimal("0.15")), Decimal(0))
    plan = Plan((renewal, new), ())
    book = Book()
    terms = [(32_200, Term.RENEWAL), (32_200, Term.RENEWAL), (72_500, Term.NEW)]
    for number, (premium, term) in enumerate(terms):
        rate = plan.rate(Line.HOME, "Acme", "FL", term)
        book.bring(str(number), some_terms(a_sharer("new"), premium=premium, rate=rate), Standing())
    assert book.owed("new") == 18_603


@pytest.mark.parametrize(("who", "old", "new"), [(Chargebacks.ORIGINAL, -5_000, 0), (Chargebacks.SUCCESSOR, 0, -5_000)])
def test_t42_the_contract_says_who_answers_for_later_chargebacks(who: Chargebacks, old: int, new: int) -> None:
    change = RecordChange("old", "new", date(2026, 3, 1), date(2026, 2, 1), chargebacks=who)
    terms = some_terms(a_sharer("old"))
    book = Book()
    book.bring("sale", terms, Standing(released=True))
    assert book.pay("old") == 10_000
    heirs = successors([change], date(2026, 6, 1))
    book.bring("sale", terms, Standing(Fraction(3, 4), released=True), heirs)
    book.bring("sale", terms, Standing(Fraction(1, 2), released=True), heirs)
    assert (book.owed("old"), book.owed("new")) == (old, new)
    book.bring("sale", terms, Standing(Fraction(1), released=True), heirs)
    assert (book.owed("old"), book.owed("new")) == (0, 0)


def held(**changes: object) -> Held:
    given = {"state": "FL", "status": "active", "authorities": CASUALTY, "effective": date(2020, 1, 1), "expires": None}
    return Held(**(given | changes))  # type: ignore[arg-type]


BIND = date(2026, 2, 1)


@pytest.mark.parametrize(
    ("licences", "code", "known"),
    [
        ([held(expires=date(2026, 1, 31))], "licence_ended", True),
        ([held(expires=date(2026, 2, 1))], "licensed", True),
        ([held(effective=date(2026, 2, 2))], "licence_not_effective", True),
        ([held(state="GA")], "licence_missing", True),
        ([], "licence_unknown", False),
        ([held(status="unknown")], "licence_unknown", False),
        ([held(status="revoked")], "licence_unknown", False),
        ([held(authorities=frozenset({Authority.LIFE}))], "licence_authority", True),
        ([held(authorities=frozenset({Authority.PROPERTY})), held(authorities=frozenset({Authority.CASUALTY}))],
         "licensed", True),
    ],
)  # fmt: skip
def test_t43_only_a_licence_on_the_day_of_earning_is_paid(licences: list[Held], code: str, known: bool) -> None:
    verdict = licensed_on(licences, [CASUALTY], "FL", BIND)
    assert (verdict.code, verdict.known, verdict.permits) == (code, known, code == "licensed")


def test_t43_without_a_licence_the_share_is_withheld_and_what_was_paid_is_owed_back() -> None:
    licensed = some_terms(a_sharer("a", multiplier=Decimal("1.1"), above=above("boss")), overrides=(Decimal("0.05"),))
    book = Book()
    book.bring("sale", licensed, Standing(released=True))
    assert (book.pay("a"), book.pay("boss")) == (11_000, 500)
    found_out = some_terms(a_sharer("a", licence=NO, above=above("boss")), overrides=(Decimal("0.05"),))
    book.bring("sale", found_out, Standing(released=True))
    assert (book.owed("a"), book.owed("boss")) == (-11_000, -500)
    assert book.balance(Account.WITHHELD, "a") == -10_000
    assert book.balance(Account.BONUS) == book.balance(Account.OVERRIDE) == 0


def test_t44_taxes_and_fees_earn_nothing() -> None:
    assert some_terms(a_sharer("a"), premium=100_000, taxes=4_000, fees=2_500).gross == 10_000


def test_overrides_go_up_the_hierarchy_and_past_who_may_not_be_paid() -> None:
    chain = (*above("lead", licence=NO), *above("boss"))
    terms = some_terms(a_sharer("a", above=chain), overrides=(Decimal("0.10"), Decimal("0.05")))
    book = Book()
    book.bring("sale", terms, Standing())
    assert (book.owed("lead"), book.owed("boss"), book.balance(Account.OVERRIDE)) == (0, 500, 500)


def test_flat_commissions_are_a_policys_whatever_its_premium() -> None:
    rate = Rate(Match(), Flat(4_000), Decimal("0.25"))
    assert [one.minor for one in lines_of(some_terms(a_sharer("a"), rate=rate))][:2] == [3_000, 1_000]


@pytest.mark.parametrize(
    ("written", "key"),
    [("HO-00123", "HO123"), ("HO123", "HO123"), ("ho 123", "HO123"), ("HO-000", "HO0"), ("12-0345/A", "12345A")],
)
def test_t46_policy_numbers_are_normalised(written: str, key: str) -> None:
    assert policy_key(written) == key


def test_t46_lines_match_by_amount_within_a_tolerance_and_the_rest_is_kept() -> None:
    one, two = Expected("1", "HO-00123", 10_000), Expected("2", "HO-00123", 2_500)
    assert matched("HO123", 10_000, [one, two], 0).pays == (("1", 10_000),)
    assert matched("HO123", 2_498, [one, two], 5).pays == (("2", 2_500),)
    assert matched("HO123", 2_498, [one, two], 5).variance == -2
    assert matched("HO123", 12_500, [one, two], 0).pays == (("1", 10_000), ("2", 2_500))
    assert matched("HO123", 2_490, [one, two], 5).outcome is Outcome.DIFFERS
    assert matched("HO123", 10_000, [], 5).outcome is Outcome.UNMATCHED
    assert matched("HO123", 10_000, [Expected("1", "HO123", 0)], 5).outcome is Outcome.DIFFERS
    assert matched("HO123", -10_000, [Expected("1", "HO123", -10_000)], 0).pays == (("1", -10_000),)


def test_t46_a_number_that_fits_two_policies_is_left_to_a_person() -> None:
    both = [Expected("1", "HO1-002", 10_000), Expected("2", "HO-12", 10_000)]
    assert policy_key("HO1-002") == policy_key("HO-12")
    assert matched("HO012", 10_000, both, 0).outcome is Outcome.AMBIGUOUS
    assert matched("HO-12", 10_000, both, 0).pays == (("2", 10_000),)
