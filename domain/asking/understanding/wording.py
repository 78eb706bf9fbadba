"""How people write what the grammar knows by one wording: shorthand, synonyms, and the politeness around a request. All data.

A line added here is understood wherever its right side is. Nothing in it may be a person's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

Words = tuple[str, ...]

SHORTHAND: Mapping[str, str] = {
    # No apostrophe
    "whats": "what is", "whos": "who is", "hows": "how is", "wheres": "where is", "whens": "when is", "whys": "why is",
    "whyd": "why did", "howd": "how did", "im": "i am", "ive": "i have", "id": "i would", "thats": "that is", "theres": "there is",
    "dont": "do not", "doesnt": "does not", "didnt": "did not", "cant": "can not", "wont": "will not", "isnt": "is not",
    "arent": "are not", "wasnt": "was not", "werent": "were not", "havent": "have not", "hasnt": "has not", "hadnt": "had not",
    "couldnt": "could not", "wouldnt": "would not", "shouldnt": "should not", "lets": "let us", "youre": "you are",
    "theyre": "they are", "cannot": "can not",
    # Short for
    "pls": "please", "plz": "please", "u": "you", "ur": "your", "thx": "thanks", "ty": "thanks", "lemme": "let me", "gimme": "give me",
    "wanna": "want to", "gonna": "going to", "gotta": "have to", "abt": "about", "bc": "because", "cuz": "because", "cause": "because",
    "w/": "with", "w/o": "without", "w/in": "within", "&": "and", "msg": "message", "msgs": "messages", "txt": "text", "ph": "phone",
    "appt": "appointment", "f/u": "follow up", "fu": "follow up", "followup": "follow up", "followups": "follow ups", "acct": "account",
    "cust": "customer", "custs": "customers", "ld": "lead", "lds": "leads", "prod": "producer", "prods": "producers", "num": "number",
    "no.": "number", "nums": "numbers", "avg": "average", "pct": "percent", "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow",
    "2moro": "tomorrow", "wk": "week", "wks": "weeks", "mo": "month", "mos": "months", "yr": "year", "hr": "hour", "thur": "thursday",
    "weds": "wednesday", "eod": "today at 5 pm", "ppl": "people", "biz": "business", "fla": "florida", "calif": "california",
    "ho": "home", "med": "medicare", "comm": "commercial", "tho": "though", "q": "question", "rn": "now", "asap": "now",
    ">": "over", ">=": "at least", "<": "under", "<=": "at most", "+": "plus",
}  # fmt: skip
"""One word or sign as it is written, and what is meant."""

_SAME_LINES = """
show me = let me see, let us see, i want to see, i would like to see, i would love to see, i need to see, can i see, could i see
show me = may i see, give us, get me, fetch, bring up, pull me, pull, run me, need to see
show me = i want a list of, i need a list of, put together a list of, love to see, like to see, want to see, happy to see
am i connected to = am i connected with, am i hooked up with, am i linked with, am i tied to
i am connected to = i am connected with, i am linked with
was i connected to = was i connected with
is connected to = is connected with
were connected to = were connected with
was connected to = was connected with
tell me about = brief me @, fill me in @, catch me up @, run me through, walk me through, remind me who is, what is the deal @, update me @
tell me about = what is the story @, what is the scoop @, what is the word @, what is the latest @, what is the status @, what is the situation @
tell me about = what is going on @, what is up @, what is happening @, what is new @, bring me up to speed @, get me up to speed @, clue me in @
tell me about = where are we @, where do we stand @, where do things stand @, where are things @, how are things @, how do things look @, any word @, any update @
tell me about = what do you have @, what have we got @, what do we have @, what do you know @, what do we know @, what can you tell me @, que sabes de, que sabemos de
tell me about = give me everything @, give me the rundown @, give me the lowdown @, give me a summary @, give me the details @, give me the scoop @, give me info @
tell me about = give me an update @, give me the latest @, give me the background @, give me the file @, que hay de, ponme al dia con, refresh my memory @, recap
spoke with = got off the phone with, was on the phone with, hung up with, had a call with, had a chat with, chatted with, caught up with
spoke with = got hold of, got ahold of, got a hold of, connected with, got through to, met with, heard from, heard back from
follow up with = circle back with, circle back to, touch base with, check back with, get back to
since the beginning of the month = since the first of the month, since the 1st of the month, since month start, month to date
since the beginning of the year = since the first of the year, since january 1, year to date, since new year
this week = so far this week, week to date, the week so far
this month = so far this month, the month so far
this year = so far this year, the year so far
tomorrow morning = first thing tomorrow, tomorrow first thing, early tomorrow
at 9 am = first thing in the morning, first thing
at 5 pm = end of day, end of the day, close of business, at close
at noon = at lunch, at lunchtime, over lunch
at least = no lower than, no less than, not lower than, not less than, not below, not under, a minimum of, minimum of, upwards of, min
at most = no more than, no higher than, not more than, not over, not above, a maximum of, maximum of, max
over = north of, in excess of, greater than, exceeding
under = south of, short of, shy of
newest first = most recent first, latest first, new to old
oldest first = old to new, earliest first
by score = score first, highest first, best to worst, ranked by score, in order of score, hottest first
by source = by where they came from, by lead source, by vendor, by campaign, by channel
by producer = by agent, per agent, by rep, per rep, by salesperson, per head, per person, by person, by team member, for each agent
find producers = find me an agent, find an agent, find me a producer, find a producer, find someone
unassigned = nobody has, no one has, with nobody, without an owner, without an agent, not given to anyone, sitting unassigned, unclaimed
not contacted = not yet contacted, yet to be contacted, still to be contacted, have not been contacted, nobody has called
not contacted = nobody has touched, no one has touched, no one has called, nobody has contacted, no one has contacted, gone cold
not contacted = have gone quiet, gone quiet, have been ignored, been ignored, neglected
would it be wise = is it wise
do not let me forget = make sure i do not forget, so i do not forget, do not let me forget
a.m. = oclock in the morning
leads = inquiries, enquiries, opportunities, opps, folks, new business
lead = inquiry, enquiry, opportunity, opp
conversion rate = close rate, closing rate, close ratio, closing ratio, win rate, win ratio, hit ratio, hit rate, bind ratio, batting average
draft = type up, put together, come up with, whip up, jot down, craft, word, prep, scribble, knock out
has room = is not maxed out, is not full, are not full, are not maxed out, is not swamped, are not swamped, has bandwidth, have bandwidth, has open slots
has room = has an opening, is taking leads, are taking leads, is not at capacity, are not at capacity, can still take, still has space, has space
response time = speed to lead, speed to contact, time to contact, time to first contact, time to first call, reaction time, first response
premium = written premium, dollars written, premium dollars
"""
_GERUNDS = (
    "pulling pull showing show listing list sending send texting text emailing email marking mark reminding remind scheduling schedule "
    "drafting draft writing write giving give finding find checking check looking look telling tell setting set moving move accepting "
    "accept declining decline booking book explaining explain counting count bringing bring putting put logging log "
)
_OPENERS = (
    r"(?:hey|hi|hello|hola|yo|ok|okay|alright|so|um|uh|well|please|kindly|copilot|leadwright|good (?:morning|afternoon|evening)|"
    r"buen[oa]s (?:dias|tardes|noches)|there|team|quick (?:question|one)|(?:one |a |i have a )?(?:quick )?question|sorry to bother(?: you)?|"
    r"real quick|quickly|(?:would|do) you mind|(?:can|could|would|will) you(?: please| kindly| just| quickly| also| maybe)*(?! (?:say|call|be)\b)|"
    r"are you able to|is it possible to|would it be possible to|is there (?:a|any) way to|"
    r"i (?:was|am) (?:just )?wondering(?: if)?(?: you (?:can|could)| i (?:can|could))?|i wonder if you (?:can|could)|"
    r"i (?:would|will|do)? ?(?:like|love|want|need)(?: for)? you to|i (?:would )?(?:like|love|want|need) to(?= (?:know|find out|show|list|count|mark|"
    r"remind|schedule|send|text|email|draft|set|accept|decline|reassign|move|give))|i would appreciate it if you (?:would|could)|"
    r"i am (?:trying|looking) to (?=find|see|show|list|count|know)|(?:know|find out)(?= (?:how|what|which|who|why|where|when|if)\b)|"
    r"(?:note|fyi|heads up|for the record|just so you know|log that|update|news)(?: that)?(?= (?:i|we) )|"
    r"help me(?: to| out)?(?= \w+ )|do me a favou?r(?: and)?|be a dear and|go ahead and|"
    r"(?:when|if|whenever) you (?:get|have|find|can|could)(?: a| the| some)?(?: sec(?:ond)?| minute| min| moment| chance| time)?|if possible|"
    r"(?:tell me|do you know|can you say|any idea|show me|see|remind me)(?= (?:how many|how much|which|what|who|why|where|whether)\b)|"
    r"(?:por favor|puedes|podrias|me puedes|me podrias|quisiera|necesito que|quiero que))"
)
_CLOSERS = (
    r"(?:please|thanks(?: a lot| so much| in advance| again)?|thank you(?: so much| very much)?|if you (?:can|could|would|do not mind)|"
    r"if possible|when you (?:can|get a chance|have a (?:sec|second|minute|moment))|real quick|will you|would you|could you|can you|"
    r"buddy|copilot|por favor|gracias|ok|okay|already)"
)
OPENING = re.compile(rf"^(?:{_OPENERS} )+(?=\S)")
CLOSING = re.compile(rf"(?<=\S)(?: {_CLOSERS})+$")


_OF = ("with", "on", "about", "of", "for")


def _ways(written: str) -> Iterable[str]:
    """``@`` stands for whichever small word people put between a noun and a name."""
    return [written.replace("@", word) for word in _OF] if "@" in written else [written]


def _table(lines: str) -> Mapping[str, tuple[tuple[Words, Words], ...]]:
    found: dict[str, list[tuple[Words, Words]]] = {}
    for line in lines.strip().splitlines():
        meant, _, written = line.partition(" = ")
        for one in (way for part in written.split(", ") for way in _ways(part)):
            words = tuple(one.split())
            found.setdefault(words[0], []).append((words, tuple(meant.split())))
    return {first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in found.items()}


SAME = _table(_SAME_LINES)
"""Runs of words by their first, the longest before, each with the wording that is meant."""
_PAIRS = _GERUNDS.split()
GERUNDS: Mapping[str, str] = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))


def vocabulary() -> Iterable[str]:
    """Every word of the tables, none of which is a name."""
    for line in _SAME_LINES.strip().splitlines():
        yield from re.sub(r"[,=@]", " ", line).split()
    yield from " ".join(SHORTHAND.values()).split()
    yield from _PAIRS


def put_alike(words: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Words with their places in the text, each known run in the wording that is meant."""
    found: list[tuple[str, int]] = []
    at = 0
    while at < len(words):
        for written, meant in SAME.get(words[at][0], ()):
            if tuple(word for word, _ in words[at : at + len(written)]) == written:
                found += [(word, words[at][1]) for word in meant]
                at += len(written)
                break
        else:
            found.append(words[at])
            at += 1
    return found
