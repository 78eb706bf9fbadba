// parameters: agency_id
// columns: id, degree (distinct people), strength (mean over those people of the strongest connection with each; null
//          without any), kinds (a list of lists)
// Groups are by id: grouped by node, 40,000 connections take more memory than ArcadeDB lends to one query.
MATCH (producer:Producer {agency_id: $agency_id})
OPTIONAL MATCH (producer)-[c:CONNECTED]-(other:Producer {agency_id: $agency_id})
WITH producer.id AS id, other.id AS other_id, max(c.strength) AS strength, collect(DISTINCT c.kind) AS kinds
RETURN id, count(other_id) AS degree, avg(strength) AS strength, collect(kinds) AS kinds
