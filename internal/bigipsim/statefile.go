package bigipsim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// readState is the content of a state file, nil if there is none yet.
func readState(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	return append([]byte{}, text...), nil // an empty file is not nil: it is refused
}

// explain says of which file an error speaks.
func (o Options) explain(saved []byte, err error) error {
	if saved == nil {
		return err
	}
	return fmt.Errorf("state file %s: %w", o.StateFile, err)
}

// saveState keeps the configuration for loadState, and in the state file if there
// is one: all of it or nothing, a reader never sees a half. It may hold secrets, so
// nobody else may read it.
func (s *Simulator) saveState() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	text, err := s.db.Save()
	if err != nil {
		return fmt.Errorf("save the configuration: %w", err)
	}
	if err := writeState(s.options.StateFile, text); err != nil {
		return err
	}
	s.saved = text
	return nil
}

// loadState returns to the configuration that was saved last: in this run, by an
// earlier one into the state file, else that of a new device.
func (s *Simulator) loadState() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	return s.db.Load(s.saved)
}

func writeState(file string, text []byte) error {
	if file == "" {
		return nil
	}
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	_, err = part.Write(append(text, '\n'))
	err = errors.Join(err, part.Close())
	if err == nil {
		err = os.Rename(part.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("state file: %w", errors.Join(err, os.Remove(part.Name())))
	}
	return nil
}

// closeState keeps the configuration of a device that ran.
func (s *Simulator) closeState() error {
	if s.management.listener == nil {
		return nil
	}
	return s.saveState()
}
