package config

// createPartition makes the partition's folder with it.
func createPartition(c *Candidate, o *Object, _ Values) error {
	folders := c.Schema.mustType("sys/folder")
	if c.tables[folders].Find("/"+o.Path) == nil {
		c.put("", &Object{Type: folders, Path: "/" + o.Path, Generation: c.Generation, Set: Values{}})
	}
	return nil
}

// removePartition refuses while anything is left in the partition, nodes that
// members left behind included (icontrol-rest 3.13).
func removePartition(c *Candidate, o *Object) error {
	if o.Path == "Common" {
		return badRequest("01070734:3: Configuration error: Partition Common cannot be deleted")
	}
	if c.occupied("/"+o.Path, nil) {
		return badRequest("0107082a:3: You must remove all objects from a partition before removing the partition (%s), type ID (4032)", o.Path)
	}
	if folder := c.tables[c.Schema.mustType("sys/folder")].Find("/" + o.Path); folder != nil {
		c.drop("", folder)
	}
	return nil
}

// createFolder needs the folder above it.
func createFolder(_ *Candidate, o *Object, _ Values) error {
	if above := Folder(o.Path); above == "/" {
		return badRequest("01070734:3: Configuration error: folder %s: a folder below / is a partition, create it as one", o.Path)
	}
	return nil
}

// modifyFolder: a device group of its own is inherited no longer (inferred).
func modifyFolder(_ *Candidate, _, o *Object, given Values) error {
	_, own := given["deviceGroup"]
	if _, said := given["inheritedDevicegroup"]; own && !said {
		o.Set["inheritedDevicegroup"] = "false"
	}
	return nil
}

func removeFolder(c *Candidate, o *Object) error {
	if Folder(o.Path) == "/" {
		return badRequest("01070734:3: Configuration error: folder %s belongs to a partition and cannot be deleted", o.Path)
	}
	if c.occupied(o.Path, o) {
		return badRequest("01070265:3: The folder (%s) cannot be deleted because it is in use.", o.Path)
	}
	return nil
}

// occupied says whether any object is in a folder or below it.
func (c *Candidate) occupied(folder string, except *Object) bool {
	for _, items := range c.tables {
		i, _ := items.search(folder + "/")
		if i < items.Len() && under(items.items[i].Path, folder) && items.items[i] != except {
			return true
		}
	}
	return false
}

// registerHooks binds the kinds that have a mind of their own to their code.
func (s *Schema) registerHooks() {
	for path, h := range map[string]hooks{
		"auth/user":               {create: createUser, modify: modifyUser},
		"auth/partition":          {create: createPartition, remove: removePartition},
		"sys/folder":              {create: createFolder, modify: modifyFolder, remove: removeFolder},
		"ltm/node":                {create: createNode, modify: modifyNode, remove: removeNode},
		"ltm/pool":                {modify: modifyPool},
		"ltm/virtual":             {create: createVirtual, modify: modifyVirtual, check: checkVirtual},
		"ltm/virtual-address":     {create: createVirtualAddress},
		"ltm/data-group/internal": {create: createDataGroup, modify: modifyDataGroup, tmsh: dataGroupOptions},
		certificateKind:           {create: createFile, modify: modifyFile, check: checkFile},
		keyKind:                   {create: createFile, modify: modifyFile, check: checkFile},
		clientSSLKind:             {create: createClientSSL, modify: modifyClientSSL, check: checkPairs},
		serverSSLKind:             {check: checkPairs},
		"ltm/snatpool":            {create: createSnatpool, modify: modifySnatpool},
		"ltm/snat-translation":    {create: createTranslation},
		"net/arp":                 {create: createARP, check: checkARP},
		"net/fdb/tunnel/records":  {create: createFDBRecord},
		"net/fdb/vlan/records":    {create: createFDBRecord},
		"net/route":               {create: createRoute, check: checkRoute},
		"net/route-domain":        {create: createRouteDomain},
		"net/self":                {create: createSelf},
		"net/tunnels/tunnel":      withFDB("net/fdb/tunnel", requireTunnelProfile),
		"net/vlan":                withFDB("net/fdb/vlan", nil),
		"ltm/policy": {
			create: createPolicy, modify: modifyPolicy, check: checkPolicy,
			inside: policyItems, run: runPolicy, tmsh: policyOptions,
		},
		"ltm/policy/rules/actions":    {create: createAction, modify: modifyAction},
		"ltm/policy/rules/conditions": {create: createCondition, modify: modifyCondition},
	} {
		s.mustType(path).hooks = h
	}
	for _, t := range s.monitors {
		t.hooks.check = checkMonitorTimes
	}
}
