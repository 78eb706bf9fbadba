// parameters: agency_id
// columns: id, degree (distinct people), strength (mean over those people of the strongest connection with each; null
//          without any), kinds (a list of lists)
MATCH (producer:Producer {agency_id: $agency_id})
OPTIONAL MATCH (producer)-[c:CONNECTED]-(other:Producer {agency_id: $agency_id})
WITH producer, other, max(c.strength) AS strength, collect(DISTINCT c.kind) AS kinds
RETURN producer.id AS id, count(other) AS degree, avg(strength) AS strength, collect(kinds) AS kinds
