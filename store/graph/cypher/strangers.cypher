// parameters: agency_id, id, at_most
// columns: id, shared: people connected with somebody whom the producer knows and not with the producer, and how many share them
// Everybody in between is brought together first: two connections of different kinds with one person are one acquaintance.
MATCH (me:Producer {agency_id: $agency_id, id: $id})-[:CONNECTED]-(friend:Producer {agency_id: $agency_id})
WITH me, collect(DISTINCT friend) AS friends
UNWIND friends AS friend
MATCH (friend)-[:CONNECTED]-(other:Producer {agency_id: $agency_id})
WHERE other.id <> me.id AND NOT other IN friends
RETURN other.id AS id, count(DISTINCT friend) AS shared
ORDER BY shared DESC, id LIMIT $at_most
