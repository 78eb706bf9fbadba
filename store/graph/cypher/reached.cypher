// parameters: agency_id, ids
// columns: id, of everybody who is connected with one of ids; each once, those of ids who know each other among them
// IN, not UNWIND: Neo4j then seeks them in the index together, which took a tenth of the time for a thousand ids. People are
// told apart before anything of theirs is read: a crowd reaches the same ones on many thousand ways.
MATCH (producer:Producer {agency_id: $agency_id})
WHERE producer.id IN $ids
MATCH (producer)-[:CONNECTED]-(other)
WITH DISTINCT other
WHERE other.agency_id = $agency_id
RETURN other.id AS id
