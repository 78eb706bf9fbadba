// parameters: agency_id, ids
// columns: id, of everybody who is connected with one of ids; each once, those of ids who know each other among them
UNWIND $ids AS wanted
MATCH (:Producer {agency_id: $agency_id, id: wanted})-[:CONNECTED]-(other:Producer {agency_id: $agency_id})
RETURN DISTINCT other.id AS id
