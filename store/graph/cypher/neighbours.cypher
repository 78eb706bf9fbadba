// parameters: agency_id, ids
// columns: id, other_id, strength (of the strongest connection between the two), kinds; one row a pair of people
UNWIND $ids AS wanted
MATCH (producer:Producer {agency_id: $agency_id, id: wanted})-[c:CONNECTED]-(other:Producer {agency_id: $agency_id})
RETURN producer.id AS id, other.id AS other_id, max(c.strength) AS strength, collect(DISTINCT c.kind) AS kinds
