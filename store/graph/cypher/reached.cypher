// parameters: agency_id, ids
// columns: id, of everybody who is connected with one of ids; each once, those of ids who know each other among them
// People are told apart before anything of theirs is read: a crowd reaches the same ones on many thousand ways.
UNWIND $ids AS wanted
MATCH (:Producer {agency_id: $agency_id, id: wanted})-[:CONNECTED]-(other)
WITH DISTINCT other
WHERE other.agency_id = $agency_id
RETURN other.id AS id
