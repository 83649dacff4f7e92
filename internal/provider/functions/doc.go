// Package functions holds the provider's functions. They turn text that BIG-IP
// users write into objects and back, and shares into ratios:
//
//	parse_destination("/shop/10.0.0.1%2:443")  -> { partition, folder, address, route_domain, port }
//	format_destination({ … })                  -> "/shop/10.0.0.1%2:443"
//	parse_path("/Common/http")                 -> { partition, folder, name }
//	split_ratios({ blue = 90, green = 10 }, { blue = 5, green = 2 }) -> { blue = 18, green = 5 }
//
// They are pure: no function knows the device, the cluster or the provider's
// configuration, because Terraform calls them while it validates, without
// configuring a provider. A bad argument is a FuncError with its position.
// Terraform 1.8 and OpenTofu 1.7 are the first that can call them.
package functions
