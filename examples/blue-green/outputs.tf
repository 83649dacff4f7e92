output "members" {
  description = "Session and ratio of each member."
  value       = { for address, member in bigipkube_pool.shop.members : address => "${coalesce(member.backend, "made by hand")}: ${member.session}, ratio ${member.ratio}" }
}
