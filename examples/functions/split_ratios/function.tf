# { blue = 18, green = 5 }: five members at 18 and two at 5 are ninety to ten.
output "ratios" {
  value = provider::bigipkube::split_ratios({ blue = 90, green = 10 }, { blue = 5, green = 2 })
}
