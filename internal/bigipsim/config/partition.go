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
		"auth/partition":       {create: createPartition, remove: removePartition},
		"sys/folder":           {create: createFolder, remove: removeFolder},
		"ltm/node":             {create: createNode, remove: removeNode},
		"ltm/pool":             {modify: modifyPool},
		"ltm/virtual":          {create: createVirtual, modify: modifyVirtual, check: checkVirtual},
		"ltm/virtual-address":  {create: createVirtualAddress},
		"ltm/virtual/profiles": {create: createAttachment},
		"ltm/virtual/policies": {create: createAttachment},
	} {
		s.mustType(path).hooks = h
	}
	for _, t := range s.monitors {
		t.hooks.check = checkMonitorTimes
	}
}
