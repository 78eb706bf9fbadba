"""Questions as people put them, by the tool that answers them: what is worded in no known way is held against these.

A line added here is a way of asking for its tool. ``{lead}`` and ``{producer}`` stand for names and ids, ``*`` for anything; lines,
places and times need not be named. Nothing here writes: the phrases of writes only choose which commands are offered.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

PHRASES: Mapping[str, str] = {
    "find_leads": """
        everyone in | everybody with a score above | who is in my queue | people from | whose leads came from | leads that came through | give me a rundown of my leads
        folks i should know about | leads i have | new people this week | who signed up | who reached out today | leads with no contact | cold leads of mine
        show me the leads | list leads | which leads came in | who came in today | what leads do i have | my pipeline | find leads in
        any leads from | leads i have not called | who have i not called | who is still waiting to hear from me | leads with a score over
        what came in since | new leads since | who do i still need to contact | which of my people | show my book | best leads
        who did i talk to | who have i spoken with | leads received between | which prospects live near | anything scored over
        what is in the queue | who has been waiting longest | muestrame los leads | que leads tengo | quienes son mis prospectos
        what is new | anything new since | which deals did we win | biggest deals | what does {producer} have | what is {producer} working on | leads of {producer} | show {producer} 's leads | {producer} 's pipeline
    """,
    "count_leads": """
        what is the total number of | what is the count of | do i have more of one or the other | break it out by line | how are my leads split | what does my book look like by
        give me the numbers of leads by | how many people | how many are there in | how many are waiting | how many have not been called
        how many leads | count the leads | number of leads | total leads | how many are hot | leads by status | break down leads by line
        split of leads by state | distribution of leads by tier | where do our leads come from | how big is my book | lead mix by line
        how many do i have | number of won leads | how many lost leads | leads by producer | tally of leads | how many leads did we receive | cuantos leads tengo | breakdown of leads by
        what share of leads | which state has the most leads | what are our leads by source | how many did we get from
    """,
    "show_lead": """
        has {lead} been called yet | {lead} 's info | did anybody call {lead} | did {lead} get back to us | what do i need to know about {lead} | read me {lead} 's file
        what line is {lead} interested in | where does {lead} live | what is {lead} 's email | when did {lead} come in | is {lead} still open | who has {lead}
        show me {lead} | tell me about {lead} | tell me more about {lead} | who is {lead} | details of {lead} | {lead} 's phone number
        status of {lead} | status on {lead} | what does {lead} want | what did {lead} write | when was {lead} last contacted | open {lead} 's file
        what happened with {lead} | where is {lead} at | how is {lead} doing | when did i last speak with {lead} | history of {lead} | info on {lead}
        summary of {lead} before i call | what is {lead} looking for | has {lead} been called | any news on {lead} | anything new with {lead}
        look at {lead} | what have we got for {lead} | what is the latest on {lead} | notes on {lead} | quien es {lead} | que quiere {lead}
        datos de {lead} | what did {lead} ask for | pull {lead} | how do i reach {lead} | contact info for {lead} | everything about {lead}
    """,
    "explain_score": """
        {lead} 's score what is that based on | what is the score of {lead} made of | is {lead} worth calling | is {lead} a good lead | how good is {lead}
        how come the score of {lead} | what is holding {lead} 's score back | which reasons did you score {lead} on | where does the score come from
        why is {lead} hot | why is {lead} scored so high | explain the score of {lead} | what is behind {lead} 's score | why such a low score
        what went into {lead} 's score | which factors make up the score | how was {lead} scored | how did {lead} get that score
        why is {lead} rated like that | what drives the score of {lead} | break down {lead} 's score | score of {lead} | how come {lead} is rated so high
        why does {lead} have points | reasons for the score | justify the rating of {lead} | what makes {lead} a good lead | why is {lead} only warm
        por que {lead} tiene esa puntuacion | explica la puntuacion de {lead} | de donde sale la puntuacion | why did {lead} score so low
        how do you get to that score | what is {lead} 's rating based on | what pulled {lead} 's score down
    """,
    "explain_route": """
        for what reason did {lead} go to {producer} | what is {lead} doing with me | how did {lead} land on my desk | why do i have {lead} | who gave me {lead} | why did you pick {producer} for {lead}
        why was {producer} chosen for {lead} | why did i not get {lead} | why was i skipped for {lead} | show me the routing decision for {lead} | what was the thinking behind giving {lead} to {producer}
        why is {lead} mine | why did i get {lead} | why did {lead} come to me | why was {lead} assigned to me | how did {lead} get to me
        why was {lead} routed to {producer} | why did {lead} go to {producer} instead of {producer} | why did {lead} not go to {producer}
        how come {lead} ended up with me | explain how {lead} ended up with nobody | who decided to give {lead} to {producer} | routing of {lead}
        what made you send {lead} to me | why did {producer} get {lead} | what is the reason {lead} landed with {producer} | receipt for {lead}
        why is {lead} in the queue | why has nobody got {lead} | why was {lead} not given to {producer} | how was {lead} assigned | why me
        por que me asignaron a {lead} | por que {lead} es mio | por que le toco {lead} a {producer} | explain the assignment of {lead}
        why does {producer} have {lead} | on what grounds did {lead} go to {producer} | how did {producer} end up with {lead}
    """,
    "similar_leads": """
        anyone else like {lead} | any other folks who are like {lead} | who is like {lead} | others in the same situation as {lead} | find me more of these | how did leads like {lead} turn out
        leads like {lead} | similar leads to {lead} | anything similar to {lead} | who else looks like {lead} | other prospects like {lead}
        have we had leads similar to {lead} before | leads that resemble {lead} | comparable leads | more like {lead} | how did similar ones end
        any others like {lead} | have we seen somebody like {lead} | what happened with people like {lead} | leads comparable to {lead}
        hay prospectos parecidos a {lead} | otros como {lead} | match {lead} with past leads | lookalikes of {lead} | same kind of lead as {lead}
    """,
    "next_best_action": """
        what is the best thing to do now | i have an hour what should i do | got free time who should i dial | give me my marching orders | what is my next move | where should i put my effort
        i am free who is next | tell me what to do | what am i supposed to do today | what have i forgotten | am i late on anything | who is overdue | what should i do first with {lead} | is there anything i should do about {lead}
        what should i do next | what now | what is next | who should i call first | who do i call next | what is the next step with {lead}
        what should i do with {lead} | what should i tackle first | what should i work on | where should i focus | where do i start
        what is the most important thing for me right now | what is on my plate | what is on my agenda | what is my day like | plan my day
        what needs my attention | what is urgent | what is most pressing | my priorities | my to do list | what have i got to do
        what is on my calendar | best use of my time | which lead should i work first | what would you do with {lead} | what is due today
        how should i proceed with {lead} | que debo hacer ahora | a quien llamo primero | por donde empiezo | que sigue con {lead}
        what should i be working on | who needs a call | which one should i call | anything urgent for me | what comes next | how do i move {lead} forward
        que tengo pendiente | who deserves a call first | prioritize my leads | what is left to do today
    """,
    "open_offers": """
        are there leads i still have to say yes or no to | am i sitting on any offers | what is waiting for my yes | do i owe anybody an answer | offers nobody has answered yet | what is on offer | leads waiting for me to accept
        which offers do i have | any offers for me | what was i offered | show pending offers | offers waiting for my answer | open offers
        do i have anything to accept | anything waiting for me to accept | what do i have to answer | what is waiting on me | leads offered to me
        which offers are still open for the team | do i need to respond to anything | have i been offered anything | any new offers
        what is up for grabs | tengo ofertas pendientes | que ofertas hay | offers awaiting a response | unanswered offers
        what can i accept | who is sitting on an offer | outstanding offers | did anything get offered to me
    """,
    "my_numbers": """
        what is my track record | how have i done this year | how has {producer} done this year | am i doing well | am i having a good quarter | how are we doing | where do i stand this month | what did i achieve
        is {producer} doing ok | {producer} 's track record | how is {producer} tracking | how is {producer} holding up | pull {producer} 's numbers
        how am i doing | my numbers | my stats | my performance | how did i do last week | how is {producer} doing | how did {producer} do
        {producer} 's numbers | {producer} 's performance in october | is {producer} performing well | how are my results | my scorecard
        stats for {producer} | how has {producer} been doing | how has my month been | how do my figures look | how well did i do | am i on track
        show me my results | how productive was i | como me fue | como voy este mes | mis numeros | los numeros de {producer} | rate my month
        what kind of month am i having | how has {producer} performed | give me my report card | how was my week
    """,
    "find_producers": """
        need a spanish speaker with capacity | what agents handle commercial | which agents do auto | who sells life in | who can cover | find somebody licensed for | agents that speak | who is our person for
        which producers are licensed in | somebody who writes | who has space | which reps are not maxed out | list of agents with room
        which producers have room | who has room for another lead | who can take a home lead | who speaks spanish | who is licensed in
        list producers | any agent who speaks | which agents still have capacity | who is available today | who writes life | who can write
        who could handle a lead | do we have anybody for | who do we have in | who is free to take | somebody who sells
        que productores hablan | quien habla | who on the team speaks | is anybody licensed in | who can sell | agents with capacity | who covers
        who has bandwidth | who has an open slot | which of our people speak | anyone fluent in | which agents are not full
    """,
    "ask_documents": """
        guidelines on * | rules about * | what is the process for * | how are we supposed to handle * | what does the company require for * | steps for * in our procedures | are we allowed to write * under our guidelines
        what does our handbook say about * | what do our documents say about * | is there a rule on * | check the manual for *
        what is our procedure for * | according to the guide * | where in our guidelines does it say * | look in the documents for *
        does the handbook mention * | do we have a policy on * | what is the company rule on * | what are we supposed to do when *
        que dice el manual sobre * | any guidance in our docs on * | search our knowledge base for * | is it in the playbook *
        what is the agency 's policy on * | can you find the procedure for * | what do the training materials say about *
    """,
    "measure:leads": "lead volume by | trend of leads | lead flow | intake over time | volume of leads by source",
    "measure:assigned": "how many leads were assigned to me | assignments by producer | leads given to {producer} | how many leads did {producer} get",
    "measure:accepted": "how many offers were accepted | acceptances by producer | how many offers did {producer} accept",
    "measure:won": """
        how many did we win | wins by producer | sales by line | how many leads did i close | how many deals did we close | who sold the most
        number of sales | how many policies did we sell | who closed the most | who is our top seller | how many did {producer} sell | cuantos vendimos
        top closers | who brought in the most business | leaderboard
    """,
    "measure:conversion_rate": """
        conversion rate by source | what percentage do we close | how well do we convert | share of leads won | who converts best | how many percent turn into sales
        which line converts best | success rate of leads | what part of our leads do we win | tasa de cierre | which source closes best
    """,
    "measure:median_response": """
        how fast do we call new leads | response time by producer | how long does it take us to call back | how quickly do we respond
        who is slowest to call | time until the first contact | how soon do we reach leads | cuanto tardamos en llamar | who answers leads fastest
        median minutes to first call | how many minutes until we first contact a lead | how many hours before we call | how long do leads wait for a call
    """,
    "measure:value": """
        how much premium did we write | premium by line | total premium won | value of won leads | revenue by producer | how much business did we write
        how much did we sell in dollars | production by producer | how much money did we bring in | cuanta prima vendimos | dollars by source
    """,
    "my_connections": "who are my connections in the network | people i am connected with | my connections | who do i work with in the network | with whom am i connected | con quien estoy conectado",
    "network_standing": "what is my network score | which tier am i | my standing in the network | how is my score in the network made up | que nivel tengo en la red",
    "raise_score": "how can i raise my network score | what would bring me to the next tier | how do i get to gold | what is missing to platinum | que me falta para subir de nivel",
    "network_value": "what is my network worth | how much did my network bring in | value of my network | cuanto vale mi red",
    "leaderboard": "where do i rank in the network | what is my place on the leaderboard of the network | who leads the network | en que puesto estoy en la red",
    "network_advice": "how could i make more of my network | which partners should i cultivate | advice for my network | consejos para mi red",
    "list_referrals": "which referrals are still open | referrals that wait for me | what became of the referrals i sent | which referrals end soon | que referidos me enviaron",
    "lookup:commissions": "what commission am i owed | my commissions | when do i get paid | where do my commissions stand | commission statement | how much have i earned | am i getting paid for",
    "lookup:referrals": "our referral agreements | who refers leads to us | referral fees | referral partners | who has a referral deal with us",
    "lookup:network": "our network | who is connected to whom | connections between producers | who works with whom | who mentors whom | map of our network",
    "lookup:policies": "which policies are up for renewal | policies in force | how many policies do we have | renewals coming up | policies that expire | upcoming renewals",
    "social:help": "what can you do | what can i ask | help | what kinds of things can i ask you | how does this work | what are you good for | what commands do you know | que puedes hacer",
    "change_status": "mark {lead} as won | {lead} is lost because | close {lead} | reopen {lead} | reject {lead} because | log a call with {lead} | put {lead} back in the queue",
    "schedule_follow_up": "remind me to call {lead} | schedule a follow up with {lead} | set a reminder for {lead} | follow up with {lead} on | callback for {lead}",
    "accept_offer": "accept the offer | take the lead | i will take it | claim the offer",
    "decline_offer": "decline the offer because | turn the offer down | pass on the offer | i do not want the lead",
    "reassign_lead": "give {lead} to {producer} because | reassign {lead} to {producer} | move {lead} to {producer} | transfer {lead}",
    "send_message": "send {lead} a message saying | text {lead} that | email {lead} saying | let {lead} know that | write to {lead}",
    "draft_message": "draft an email to {lead} about | write a text for {lead} | help me word a message to {lead} | compose a note to {lead}",
}  # fmt: skip
_GROUPS = (
    "lead leads prospect prospects client clients customer customers person people guy lady one ones",
    "producer producers agent agents rep reps broker brokers salesperson teammate colleague",
    "show list display see view give find get pull open look search", "say says mention mentions tell state cover covers require",
    "document documents docs handbook manual guide guidelines playbook procedure procedures policy rule rules guidance materials",
    "call calls phone ring dial contact contacted reach", "score scored scores scoring rating rated points rate",
    "similar comparable alike resemble resembles like lookalikes parecidos", "assigned routed given sent route routing assignment assign",
    "numbers stats statistics figures results performance performing scorecard", "win wins won sale sales sold sell close closed closes closing deal deals",
    "room capacity slot bandwidth available free", "fast quick quickly soon long slow slowest fastest", "premium revenue production dollars money business",
    "waiting pending open awaiting outstanding unanswered unaccepted", "offer offers offered", "commission commissions paid earn earned earnings owed",
    "important urgent pressing priority priorities prioritize focus tackle attention", "we us our ours", "i me my mine myself", "do does did doing done",
    "is are was were be been am", "have has had got", "should would could can may must shall", "breakdown break split distribution mix",
    "renewal renewals renew expire expires expiring", "network connected connections connection",
)  # fmt: skip
_ALIKE = {word: group.split()[0] for group in _GROUPS for word in group.split()}
_IGNORED = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "for",
        "in",
        "on",
        "at",
        "by",
        "with",
        "and",
        "or",
        "please",
        "so",
        "this",
        "that",
        "it",
        "its",
        "there",
        "any",
        "some",
        "el",
        "la",
        "los",
        "las",
        "de",
        "un",
        "una",
        "en",
        "y",
    ]
)
_WORD = re.compile(r"\{lead\}|\{producer\}|[a-z]+")
_PAIR = 0.6
"""What two words side by side count beside one word."""
LEAD, PRODUCER = "{lead}", "{producer}"


@dataclass(frozen=True, slots=True)
class Near:
    """How near the nearest phrase of a tool is: 1 where it is the same, 0 where it shares nothing."""

    label: str
    nearness: float


def vocabulary() -> frozenset[str]:
    """Every word of the phrases, none of which is a name."""
    return frozenset(word for text in PHRASES.values() for word in re.findall(r"[a-z]+", text)) - {"lead", "producer"}


def nearest(words: str) -> Sequence[Near]:
    """Labels (a tool, with what it measures or looks up behind a colon) by their nearest phrase, the nearest first."""
    book, weights = _book()
    asked = _features(words)
    total = sum(weights.get(one, _unknown(one, weights)) for one in asked)
    found: dict[str, float] = {}
    for label, phrase, size in book:
        shared = sum(weights[one] for one in asked & phrase)
        if shared:
            found[label] = max(found.get(label, 0.0), shared / (total + size - shared))
    return sorted((Near(label, value) for label, value in found.items()), key=lambda one: (-one.nearness, one.label))


def _unknown(one: str, weights: Mapping[str, float]) -> float:
    """A word that no phrase has counts less than a rare one: it may be a detail."""
    return 0.0 if " " in one else 0.35 * max(weights.values())


@cache
def _book() -> tuple[tuple[tuple[str, frozenset[str], float], ...], Mapping[str, float]]:
    phrases = [
        (label, _features(one))
        for label, text in PHRASES.items()
        for one in re.split(r"\s*[|\n]\s*", text)
        if one.strip()
    ]
    counts = Counter(one for _, features in phrases for one in features)
    weights = {
        one: math.log(1 + len(phrases) / count) * (_PAIR if " " in one else 1.0) for one, count in counts.items()
    }
    book = tuple((label, features, sum(weights[one] for one in features)) for label, features in phrases)
    return book, weights


def _features(words: str) -> frozenset[str]:
    kept = [_ALIKE.get(word, word) for word in _WORD.findall(words) if word not in _IGNORED]
    return frozenset((*kept, *_pairs(kept)))


def _pairs(words: Sequence[str]) -> Iterable[str]:
    return (f"{one} {other}" for one, other in pairwise(words))
