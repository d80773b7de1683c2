import time, sys
from sqlalchemy import event, Engine
from examples import interaction, memory
from ways_back import everything, fold, script_back
import pytest
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_t(database, upgrade, downgrade, tmp_path):
    rows = everything()
    rows["memories"] += [memory(f"more {number}", "p05", f"{number}") for number in range(10_000)]
    rows["interactions"] += [interaction(f"more {number}", "p06") for number in range(5_000)]
    folded = fold(database, tmp_path, rows, upgrade, downgrade)
    out=[]
    def b(conn, cur, st, *a): conn.info['t']=time.time()
    def a(conn, cur, st, pa, *r):
        d=time.time()-conn.info['t']
        if d>0.2: out.append((d, st[:1500])); 
    event.listen(Engine,"before_cursor_execute",b); event.listen(Engine,"after_cursor_execute",a)
    folded.back()
    event.remove(Engine,"before_cursor_execute",b); event.remove(Engine,"after_cursor_execute",a)
    for d,s in out: print("\n###",round(d,2),s)
