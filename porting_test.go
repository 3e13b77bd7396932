package ipc_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPortingNames: the names that docs/porting.md gives for those of Win32
// and winsys.ipc exist.
func TestPortingNames(t *testing.T) {
	names := exportedNames(t)
	code := regexp.MustCompile("`([A-Z][A-Za-z0-9]*(?:\\.[A-Z][A-Za-z0-9]*)?)`")
	text, err := os.ReadFile("docs/porting.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 2 {
			continue
		}
		rows++
		for _, found := range code.FindAllStringSubmatch(cells[1], -1) {
			if !names[found[1]] {
				t.Errorf("there is no %s, which stands for %s", found[1], strings.TrimPrefix(cells[0], "| "))
			}
		}
	}
	if rows < 60 {
		t.Errorf("the document has %d rows that the test understands", rows)
	}
}

// exportedNames are the names of the package's functions, types, values,
// methods ("Event.Set") and fields, the latter also without their type.
func exportedNames(t *testing.T) map[string]bool {
	t.Helper()
	pkg, err := doc.NewFromFiles(packageFiles(t))
	if err != nil {
		t.Fatal(err)
	}
	names := valueNames(pkg.Consts, pkg.Vars)
	functions := pkg.Funcs
	for _, typ := range pkg.Types {
		names[typ.Name] = true
		maps.Copy(names, valueNames(typ.Consts, typ.Vars))
		functions = append(functions, typ.Funcs...)
		for _, m := range typ.Methods {
			names[typ.Name+"."+m.Name] = true
		}
		for _, field := range fieldNames(typ) {
			names[field], names[typ.Name+"."+field] = true, true
		}
	}
	for _, f := range functions {
		names[f.Name] = true
	}
	return names
}

// packageFiles are the package's sources, with what go/doc wants to go along.
func packageFiles(t *testing.T) (*token.FileSet, []*ast.File, string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	set, files := token.NewFileSet(), []*ast.File(nil)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return set, files, "github.com/winsys-go/ipc"
}

func valueNames(lists ...[]*doc.Value) map[string]bool {
	names := map[string]bool{}
	for _, list := range lists {
		for _, v := range list {
			for _, name := range v.Names {
				names[name] = true
			}
		}
	}
	return names
}

func fieldNames(typ *doc.Type) []string {
	var names []string
	for _, spec := range typ.Decl.Specs {
		s, ok := spec.(*ast.TypeSpec).Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range s.Fields.List {
			for _, name := range f.Names {
				names = append(names, name.Name)
			}
		}
	}
	return names
}
