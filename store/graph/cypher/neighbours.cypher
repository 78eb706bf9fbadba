// parameters: agency_id, ids
// columns: id, other_id, strength (of the strongest connection between the two), kinds; one row a pair of people
// IN, not UNWIND: as in reached.
MATCH (producer:Producer {agency_id: $agency_id})
WHERE producer.id IN $ids
MATCH (producer)-[c:CONNECTED]-(other:Producer {agency_id: $agency_id})
RETURN producer.id AS id, other.id AS other_id, max(c.strength) AS strength, collect(DISTINCT c.kind) AS kinds
