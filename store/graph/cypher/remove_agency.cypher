// parameters: agency_id
// columns: none
MATCH (agency:Agency {id: $agency_id})
DELETE agency
