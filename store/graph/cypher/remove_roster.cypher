// parameters: agency_id
// columns: none
MATCH (producer:Producer {agency_id: $agency_id})
DETACH DELETE producer
