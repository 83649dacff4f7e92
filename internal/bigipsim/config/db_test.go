package config

import "testing"

func TestEveryVersionHasAFactoryState(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"11.5.4", "12.1.2", "13.1.0", "14.1.2.1", "15.1.0", "16.1.3", "17.1.1", "17.5.0"} {
		version, err := ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		db, err := NewDB(Options{Version: version})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if db.State().Objects(db.State().Schema.Type("ltm/monitor/http")).Find("/Common/http") == nil {
			t.Errorf("%s: no /Common/http", text)
		}
	}
}
