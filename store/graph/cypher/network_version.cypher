// parameters: agency_id
// columns: network_version (no row, or null, when its referrals were never projected)
MATCH (agency:Agency {id: $agency_id})
RETURN agency.network_version AS network_version
