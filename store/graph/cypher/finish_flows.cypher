// parameters: agency_id, network_version
// columns: none
MATCH (agency:Agency {id: $agency_id})
SET agency.network_version = $network_version
