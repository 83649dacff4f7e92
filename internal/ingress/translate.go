package ingress

// Translate reads the routes of what is bound. An object that is not there, or that
// wants nothing, is a RouteSet without Servers.
func Translate(objects Objects, options Options) (RouteSet, []Problem) {
	return RouteSet{Owner: objects.Bound}, nil
}
